// tiles.js: the trace in pieces of one screen each, asked for ahead of where one looks.
//
// The server sends samples, or where a column of pixels has many of them the lowest and highest
// (never an average, which would hide a fibrillation). A tile that is not there yet is null.

import { getBytes } from './api.js';

const kept = 48;
function parse(bytes) {
  const head = new DataView(bytes);
  return {
    isMinMax: head.getUint32(4, true) === 1,
    n: head.getUint32(8, true),
    from: head.getFloat64(16, true),
    step: head.getFloat64(24, true),
    values: new Float32Array(bytes, 32),
  };
}

export async function fetchTrace(id, wish, signal) {
  return parse(await getBytes(`/recordings/${id}/trace?${new URLSearchParams(wish)}`, signal));
}

export class Tiles {
  constructor(onNews, onError) {
    this.onNews = onNews;
    this.onError = onError;
    this.clear();
  }

  // Another recording, channel, filter or sweep speed: all tiles are others.
  use(id, wish, seconds, duration, columns) {
    this.controller.abort();
    this.clear();
    Object.assign(this, { id, wish, seconds, columns, count: Math.ceil(duration / seconds) });
  }

  // The promise `first` is kept when one tile is there, or cannot be had.
  clear() {
    this.first = new Promise((resolve) => { this.isThere = resolve; });
    this.tiles = new Map(); // number -> tile, or null while it is asked for
    this.controller = new AbortController();
    this.count = 0;
  }

  at(number) {
    if (number < 0 || number >= this.count) return null;
    const tile = this.tiles.get(number);
    if (tile === undefined) this.fetch(number);
    else {
      this.tiles.delete(number); // the newest used stands last
      this.tiles.set(number, tile);
    }
    return tile ?? null;
  }

  async fetch(number) {
    const { signal } = this.controller;
    const { tiles, isThere } = this;
    tiles.set(number, null);
    for (const old of tiles.keys()) {
      if (tiles.size <= kept) break;
      tiles.delete(old);
    }
    try {
      const wish = { ...this.wish, from: number * this.seconds, duration: this.seconds, columns: this.columns };
      tiles.set(number, await fetchTrace(this.id, wish, signal));
      this.onNews();
    } catch (why) {
      tiles.delete(number);
      if (why.name !== 'AbortError') this.onError(why);
    }
    isThere();
  }

  // Value of the trace at a time: of many samples the one furthest from 0.
  valueAt(t) {
    const tile = this.tiles.get(Math.floor(t / this.seconds));
    if (!tile) return null;
    const i = Math.min(tile.n - 1, Math.max(0, Math.round((t - tile.from) / tile.step)));
    if (!tile.isMinMax) return tile.values[i];
    const [low, high] = [tile.values[2 * i], tile.values[2 * i + 1]];
    return Math.abs(low) > Math.abs(high) ? low : high;
  }
}
