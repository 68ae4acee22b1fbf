import { type JSX, onCleanup, onMount } from "solid-js";

/** A native modal dialog: it keeps the focus inside, closes on Escape and gives the focus back. */
export function Dialog(props: {
  name: string;
  class: string;
  onClose: () => void;
  children: JSX.Element;
}): JSX.Element {
  let dialog: HTMLDialogElement | undefined;
  onMount(() => dialog?.showModal());
  // Closed, not only removed: that is what gives the focus back to where it was.
  onCleanup(() => dialog?.close());
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the keyboard's way to close a dialog is Escape, which is native.
    <dialog
      ref={dialog}
      class={props.class}
      aria-label={props.name}
      onClose={() => props.onClose()}
      onClick={(event) => {
        // A click beside the box lands on the dialog element itself.
        if (event.target === dialog) dialog?.close();
      }}
    >
      <div class="dialog-box">
        <header class="dialog-head">
          <h2>{props.name}</h2>
          <button type="button" class="icon-button" aria-label="Close" onClick={() => dialog?.close()}>
            ✕
          </button>
        </header>
        {props.children}
      </div>
    </dialog>
  );
}
