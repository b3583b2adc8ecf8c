/**
 * The longest this thread kept its event loop from turning while `work` went on, in ms of CPU time: how busy the machine
 * is with other things does not count.
 */
export async function longestTurn(work: () => Promise<unknown>): Promise<number> {
  let longest = 0;
  let last = spent();
  const watch = () => {
    const now = spent();
    longest = Math.max(longest, now - last);
    last = now;
  };
  const timer = setInterval(watch, 1);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  watch();
  return longest;
}

function spent(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
