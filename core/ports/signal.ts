/** The part of AbortSignal that core may know without DOM or Node types; a real AbortSignal fits. */
export interface StopSignal {
  readonly aborted: boolean;
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
}
