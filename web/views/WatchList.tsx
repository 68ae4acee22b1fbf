import { createEffect, createMemo, createSignal, For, type JSX, on, Show } from "solid-js";
import { sparkPath } from "../charts/lines.ts";
import { ARROW, direction, number, percent, splitSymbol } from "../state/format.ts";
import type { WatchRow } from "../state/watch.ts";
import { bind, useApp } from "./bind.ts";
import { tint } from "./tint.ts";

const SKELETON_ROWS = 8;
const SPARK = { width: 56, height: 20 } as const;
/** Two letters or more, so that a search that has just begun does not offer itself as a symbol. */
const SYMBOL_NAME = /^[A-Z0-9][A-Z0-9._\-/:]{1,63}$/;

export function WatchList(): JSX.Element {
  const app = useApp();
  const rows = bind(app.watch, () => app.watch.rows());
  const selected = bind(app.symbol, () => app.symbol.get());
  const problem = bind(app.symbolsProblem, () => app.symbolsProblem.get());
  const [search, setSearch] = createSignal("");
  const found = createMemo(
    () => {
      const wanted = search().trim().toUpperCase();
      return rows()
        .map((row) => row.symbol)
        .filter((symbol) => symbol.toUpperCase().includes(wanted));
    },
    [],
    // The list of names changes seldom; prices must not rebuild the rows.
    { equals: (a, b) => a.length === b.length && a.every((symbol, i) => symbol === b[i]) },
  );
  const wish = bind(app.watchWish, () => app.watchWish.get());
  /** What was typed, where it is the name of a symbol that is not watched yet. */
  const unwatched = (): string | null => {
    const name = search().trim().toUpperCase();
    return SYMBOL_NAME.test(name) && !rows().some((row) => row.symbol === name) ? name : null;
  };
  const watch = (symbol: string): void => {
    setSearch("");
    void app.watchSymbol(symbol);
  };
  const pick = (symbol: string | undefined): void => {
    if (symbol !== undefined) app.selectSymbol(symbol);
  };

  return (
    <section class="panel watch" aria-label="Watch list" data-panel="watch" tabindex="-1">
      <header class="panel-head">
        <h2 class="hidden">Watch list</h2>
        <input
          id="symbol-search"
          type="search"
          placeholder="Symbol"
          aria-label="Search a symbol"
          autocomplete="off"
          spellcheck={false}
          maxlength="64"
          value={search()}
          onInput={(event) => setSearch(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter") return;
            const [first] = found();
            const name = unwatched();
            if (first === undefined && name !== null) watch(name);
            else pick(first);
            setSearch("");
            event.currentTarget.blur();
          }}
        />
        <kbd class="wide-only">/</kbd>
      </header>
      <div class="watch-columns" aria-hidden="true">
        <span>Symbol</span>
        <span>1 h</span>
        <span>Last</span>
        <span>1 m</span>
      </div>
      <Show when={problem()}>{(words) => <p class="problem">{words()}</p>}</Show>
      <Show when={wish()}>
        {(made) => (
          <p class="watch-wish" data-state={made().state} role="status">
            {made().words}
          </p>
        )}
      </Show>
      <ul class="watch-rows">
        <Show
          when={rows().length > 0}
          fallback={
            <For each={Array.from({ length: SKELETON_ROWS })}>
              {() => <li class="watch-row skeleton" aria-hidden="true" />}
            </For>
          }
        >
          <For each={found()} fallback={<li class="empty">No symbol contains “{search()}”.</li>}>
            {(symbol) => (
              <Row
                row={rows().find((row) => row.symbol === symbol)}
                selected={selected() === symbol}
                onPick={() => pick(symbol)}
                onRemove={() => void app.unwatchSymbol(symbol)}
              />
            )}
          </For>
          <Show when={unwatched()}>
            {(name) => (
              <li>
                <button type="button" class="watch-add" onClick={() => watch(name())}>
                  + Watch {name()}
                </button>
              </li>
            )}
          </Show>
        </Show>
      </ul>
    </section>
  );
}

function Row(props: {
  row: WatchRow | undefined;
  selected: boolean;
  onPick: () => void;
  onRemove: () => void;
}): JSX.Element {
  const row = createMemo(() => props.row);
  const [base, quote] = splitSymbol(row()?.symbol ?? "");
  const way = () => direction(row()?.change1m);
  const path = createMemo(() => sparkPath(row()?.spark ?? [], SPARK.width, SPARK.height));
  let price: HTMLSpanElement | undefined;
  createEffect(
    on(
      () => row()?.last ?? null,
      (last, before) => {
        if (price !== undefined && last !== null && before !== null && before !== undefined) tint(price, last - before);
      },
    ),
  );
  return (
    <li class="watch-item">
      <button
        type="button"
        class="watch-row"
        aria-current={props.selected ? "true" : undefined}
        onClick={() => props.onPick()}
      >
        <span class="watch-symbol">
          {base}
          <small> {quote}</small>
        </span>
        <svg
          class="spark"
          viewBox={`0 -2 ${SPARK.width} ${SPARK.height + 4}`}
          width={SPARK.width}
          height={SPARK.height}
          aria-hidden="true"
        >
          <path d={path()} />
        </svg>
        <span class="watch-last" ref={price}>
          {number(row()?.last, row()?.decimals)}
        </span>
        <span class="watch-change" data-way={way()}>
          <span class="arrow">{ARROW[way()]}</span>
          {percent(row()?.change1m)}
        </span>
      </button>
      <button
        type="button"
        class="watch-remove"
        aria-label={`Stop watching ${row()?.symbol ?? ""}`}
        title="Stop watching"
        onClick={() => props.onRemove()}
      >
        ✕
      </button>
    </li>
  );
}
