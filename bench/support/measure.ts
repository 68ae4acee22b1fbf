/** CPU time of this process: both sides of a comparison are one thread, and what else the machine does is not theirs. */
export const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};
