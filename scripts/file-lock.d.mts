export interface LockOptions {
  /** Called once, with the holder's process id, if the lock is taken. */
  readonly onWait?: (holder: number) => void;
  /** No limit by default. */
  readonly timeoutMs?: number;
}

/** Runs `work` alone among all processes of this machine. Throws if the lock can't be had in time, naming holder and file. */
export function withFileLock<T>(path: string, work: () => Promise<T>, options?: LockOptions): Promise<T>;
