import type { JSX } from "solid-js";
import { PANEL_PX } from "../state/prefs.ts";
import { bind, useApp } from "./bind.ts";

const STEP_PX = 16;

/** Drags, or moves by arrow keys, the edge of a side panel; the width is remembered. */
export function Splitter(props: { name: string; pref: "watchPx" | "alertsPx"; side: "left" | "right" }): JSX.Element {
  const app = useApp();
  const px = bind(app.prefs, () => app.prefs.get()[props.pref]);
  const set = (value: number): void => app.prefs.set({ [props.pref]: value });
  const sign = () => (props.side === "left" ? 1 : -1);

  const drag = (event: PointerEvent & { currentTarget: HTMLElement }): void => {
    const handle = event.currentTarget;
    const startX = event.clientX;
    const startPx = px();
    handle.setPointerCapture(event.pointerId);
    const move = (moved: PointerEvent): void => set(startPx + sign() * (moved.clientX - startX));
    const end = (): void => {
      handle.removeEventListener("pointermove", move);
      handle.removeEventListener("pointerup", end);
      handle.removeEventListener("pointercancel", end);
    };
    handle.addEventListener("pointermove", move);
    handle.addEventListener("pointerup", end);
    handle.addEventListener("pointercancel", end);
    event.preventDefault();
    handle.focus();
  };

  return (
    // biome-ignore lint/a11y/useSemanticElements: a focusable window splitter is a separator with a value, which <hr> is not.
    <div
      class="splitter"
      role="separator"
      tabindex="0"
      aria-label={props.name}
      aria-orientation="vertical"
      aria-valuenow={px()}
      aria-valuemin={PANEL_PX[props.pref].min}
      aria-valuemax={PANEL_PX[props.pref].max}
      onPointerDown={drag}
      onDblClick={() => set(PANEL_PX[props.pref].start)}
      onKeyDown={(event) => {
        if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
        event.preventDefault();
        set(px() + sign() * (event.key === "ArrowRight" ? STEP_PX : -STEP_PX));
      }}
    />
  );
}
