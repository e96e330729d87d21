import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const STOP_PATIENCE_MS = 30_000;

/**
 * Everything that must not outlive the bench: processes and folders. They go in the reverse order of their coming, at
 * the end, after an error and on Ctrl-C alike.
 */
export function openScope() {
  const endings = [];
  let ended;
  return {
    /** Runs before everything that was added earlier is undone. */
    onEnd: (ending) => void endings.push(ending),

    /** A folder that goes with the bench. */
    folder() {
      const path = mkdtempSync(join(tmpdir(), 'waybill-bench-'));
      endings.push(() => rmSync(path, { recursive: true, force: true, maxRetries: 5 }));
      return path;
    },

    /** One of `processes/`, as a helper that answers questions. */
    helper(name) {
      const child = fork(fileURLToPath(new URL(`processes/${name}.mjs`, import.meta.url)), { detached: true });
      endings.push(() => stop(child));
      return new Helper(name, child);
    },

    /** Any program of Node's. It is told to stop by SIGTERM and may take its time. In a group of its own, so that a
     *  Ctrl-C meant for the bench reaches it in our order. */
    program(args, env) {
      const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'inherit'], detached: true });
      endings.push(() => stop(child));
      return {
        pid: child.pid,
        stop: () => stop(child),
        kill: (signal) => child.kill(signal),
        hasEnded: () => child.exitCode !== null || child.signalCode !== null,
      };
    },

    /** Undoes everything, once. */
    end: () => (ended ??= undo(endings)),
  };
}

async function undo(endings) {
  for (const ending of endings.toReversed()) {
    try {
      await ending();
    } catch (error) {
      console.error(String(error));
    }
  }
}

/** A process of our own that answers one question at a time. */
class Helper {
  constructor(name, child) {
    this.name = name;
    this.child = child;
  }

  get pid() {
    return this.child.pid;
  }

  /** @throws Error with what went wrong there */
  async ask(question, ...args) {
    const ended = new AbortController();
    const answered = once(this.child, 'message', { signal: ended.signal });
    const gone = once(this.child, 'exit', { signal: ended.signal });
    this.child.send({ question, args });
    try {
      const [answer] = await Promise.race([answered, gone]);
      if (typeof answer !== 'object' || answer === null) throw new Error(`The process ${this.name} has ended.`);
      if (answer.error !== undefined) throw new Error(`${this.name}: ${answer.error}`);
      return answer.result;
    } finally {
      ended.abort();
      await Promise.allSettled([answered, gone]);
    }
  }

  stop() {
    return stop(this.child);
  }
}

async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGCONT');
  child.kill('SIGTERM');
  const impatience = setTimeout(() => child.kill('SIGKILL'), STOP_PATIENCE_MS);
  await gone;
  clearTimeout(impatience);
}
