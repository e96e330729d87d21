// Loaded into every server of the bench (node --import): should the bench be killed, the server stops as if told so.
const parent = process.ppid;

setInterval(() => {
  if (process.ppid !== parent) process.kill(process.pid, 'SIGTERM');
}, 1_000).unref();
