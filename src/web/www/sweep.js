// sweep.js: the screen of an EMG machine on a canvas. Negative is up.

const nx = 10;

export const msSteps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];
export const uvSteps = [5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000];
export const divisions = nx;
export const rasterRows = 10;

export class Sweep {
  constructor(canvas, tiles) {
    this.canvas = canvas;
    this.tiles = tiles;
    this.context = canvas.getContext('2d', { alpha: false });
    this.view = { from: 0, ms: 10, uv: 100, mode: 'sweep', up: -1, unit: 'µV', cursor: null, calipers: null, corner: 1 };
    this.marks = []; // {onset_s, duration_s, label, color}
    this.isAsked = false;
    new ResizeObserver(() => this.fit()).observe(canvas);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { this.palette = null; this.draw(); });
    this.fit();
  }

  get screen() { return this.view.ms * nx / 1000; } // seconds of one sweep
  // As many columns as pixels, in steps, so that a window that is dragged asks for few sizes.
  get columns() { return Math.min(2000, Math.max(400, 200 * Math.ceil(this.canvas.width / 200))); }
  get rows() { return this.view.mode === 'raster' ? rasterRows : 1; }
  get span() { return this.screen * this.rows; }
  get ny() { return this.view.mode === 'raster' ? rasterRows : 8; }

  fit() {
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    const { clientWidth, clientHeight } = this.canvas;
    if (!clientWidth) return;
    this.canvas.width = Math.round(clientWidth * ratio);
    this.canvas.height = Math.round(clientHeight * ratio);
    this.ratio = ratio;
    this.draw();
  }

  draw() { // once a frame, however often it is asked for
    if (this.isAsked) return;
    this.isAsked = true;
    requestAnimationFrame(() => {
      this.isAsked = false;
      this.paint();
    });
  }

  colors() {
    if (!this.palette) {
      const style = getComputedStyle(this.canvas);
      const names = ['screen', 'grid', 'trace', 'cursor', 'ink', 'soft', 'mark'];
      this.palette = Object.fromEntries(names.map((n) => [n, style.getPropertyValue(`--${n}`).trim()]));
    }
    return this.palette;
  }

  // Where row r and value v lie, in pixels of the canvas.
  yOf(row, v) {
    const h = this.canvas.height;
    const middle = this.rows === 1 ? h / 2 : (row + 0.5) * h / this.rows;
    return middle - this.view.up * v / this.view.uv * h / this.ny;
  }

  xOf(t, row) {
    return (t - this.view.from - row * this.screen) / this.screen * this.canvas.width;
  }

  paint() {
    const c = this.context;
    const colors = this.colors();
    c.fillStyle = colors.screen;
    c.fillRect(0, 0, this.canvas.width, this.canvas.height);
    this.paintGrid(c, colors);
    this.paintMarks(c, colors);
    this.isDecimated = false;
    for (let row = 0; row < this.rows; row++) this.paintRow(c, colors, row);
    this.paintCalibration(c, colors);
    if (this.view.calipers) this.paintCalipers(c, colors);
    if (this.view.cursor !== null) this.paintCursor(c, colors);
    // ahead of where one looks
    const last = Math.floor((this.view.from + this.span) / this.tiles.seconds);
    for (let i = 1; i <= 3; i++) this.tiles.at(last + i);
    this.tiles.at(Math.floor(this.view.from / this.tiles.seconds) - 1);
  }

  paintGrid(c, colors) {
    const { width: w, height: h } = this.canvas;
    c.strokeStyle = colors.grid;
    c.lineWidth = 1;
    c.beginPath();
    for (let i = 0; i <= nx; i++) { c.moveTo(Math.round(i * w / nx) + 0.5, 0); c.lineTo(Math.round(i * w / nx) + 0.5, h); }
    for (let i = 0; i <= this.ny; i++) { c.moveTo(0, Math.round(i * h / this.ny) + 0.5); c.lineTo(w, Math.round(i * h / this.ny) + 0.5); }
    c.stroke();
  }

  paintMarks(c, colors) {
    const rowHeight = this.canvas.height / this.rows;
    const bar = 4 * this.ratio;
    c.font = `${11 * this.ratio}px sans-serif`;
    c.textBaseline = 'bottom';
    let free = 0; // labels begin where the one before has ended, or are left to the table
    for (const m of this.marks) {
      if (m.onset_s > this.view.from + this.span || m.onset_s + m.duration_s < this.view.from) continue;
      for (let row = 0; row < this.rows; row++) {
        const x = this.xOf(m.onset_s, row);
        const end = Math.max(this.xOf(m.onset_s + m.duration_s, row), x + 2 * this.ratio);
        if (end < 0 || x > this.canvas.width) continue;
        const y = (row + 1) * rowHeight - (m.source === 'model' ? bar : 2 * bar + 1);
        c.fillStyle = m.color;
        c.fillRect(x, y, end - x, bar);
        const at = Math.max(2, x);
        if (this.rows === 1 && m.source !== 'model' && this.view.ms <= 50 && at >= free) {
          const text = m.label.slice(0, 12);
          c.fillStyle = colors.ink;
          c.fillText(text, at, y - 1);
          free = at + c.measureText(text).width + 4 * this.ratio;
        }
      }
    }
  }

  paintRow(c, colors, row) {
    const { tiles } = this;
    const from = this.view.from + row * this.screen;
    const [first, last] = [from, from + this.screen].map((t) => Math.floor(t / tiles.seconds));
    c.strokeStyle = colors.trace;
    c.lineWidth = this.ratio;
    c.lineJoin = 'bevel'; // a mitre makes spikes of noise longer than they are
    c.beginPath();
    let isOn = false;
    for (let i = first; i <= last; i++) {
      const tile = tiles.at(i);
      if (!tile || !tile.n) { isOn = false; continue; }
      isOn = this.addTile(c, tile, row, from, isOn);
      this.isDecimated ||= tile.isMinMax;
    }
    c.stroke();
  }

  addTile(c, tile, row, from, isOn) {
    const { values, step } = tile;
    const begin = Math.max(0, Math.floor((from - tile.from) / step) - 1);
    const end = Math.min(tile.n, Math.ceil((from + this.screen - tile.from) / step) + 2);
    const dx = step / this.screen * this.canvas.width;
    const y0 = this.yOf(row, 0);
    const dy = this.yOf(row, 1) - y0;
    let x = this.xOf(tile.from + begin * step, row);
    for (let i = begin; i < end; i++, x += dx) {
      if (!tile.isMinMax) {
        if (isOn) c.lineTo(x, y0 + dy * values[i]); else c.moveTo(x, y0 + dy * values[i]);
      } else {
        if (isOn) c.lineTo(x, y0 + dy * values[2 * i]); else c.moveTo(x, y0 + dy * values[2 * i]);
        c.lineTo(x, y0 + dy * values[2 * i + 1]);
      }
      isOn = true;
    }
    return isOn;
  }

  paintCalibration(c, colors) {
    const { width: w, height: h } = this.canvas;
    const [dx, dy, pad] = [w / nx, h / this.ny, 10 * this.ratio];
    const [x, y] = [w - pad - dx, h - 2.2 * pad - 8 * this.ratio];
    const { ms, uv, unit } = this.view;
    const text = `${ms} ms  ${unit === 'µV' && uv >= 1000 ? `${uv / 1000} mV` : `${uv} ${unit}`}`;
    c.font = `${12 * this.ratio}px sans-serif`;
    c.textBaseline = 'top';
    c.fillStyle = colors.screen;
    c.globalAlpha = 0.8;
    const left = Math.min(x, x + dx - c.measureText(text).width) - 4 * this.ratio;
    c.fillRect(left, y - dy - 4 * this.ratio, x + dx + 4 * this.ratio - left, dy + 24 * this.ratio);
    c.globalAlpha = 1;
    c.strokeStyle = colors.ink;
    c.lineWidth = 2 * this.ratio;
    c.beginPath();
    c.moveTo(x, y - dy);
    c.lineTo(x, y);
    c.lineTo(x + dx, y);
    c.stroke();
    c.fillStyle = colors.ink;
    c.textAlign = 'right';
    c.fillText(text, x + dx, y + 4 * this.ratio);
    c.textAlign = 'left';
    c.fillStyle = colors.soft;
    c.fillText(`negative up${this.isDecimated ? ' · lowest and highest of each column' : ''}`, pad, pad / 2);
  }

  paintCalipers(c, colors) {
    const { calipers, corner } = this.view;
    const points = calipers.map((p) => [this.xOf(p.t, 0), this.yOf(0, p.v)]);
    const { width: w, height: h } = this.canvas;
    c.strokeStyle = colors.mark;
    points.forEach(([x, y], i) => {
      c.lineWidth = (i === corner ? 2.5 : 1.2) * this.ratio;
      c.setLineDash(i === corner ? [] : [5 * this.ratio, 4 * this.ratio]);
      c.beginPath();
      c.moveTo(x, 0); c.lineTo(x, h);
      c.moveTo(0, y); c.lineTo(w, y);
      c.stroke();
    });
    c.setLineDash([]);
  }

  paintCursor(c, colors) {
    const row = Math.floor((this.view.cursor - this.view.from) / this.screen);
    if (row < 0 || row >= this.rows) return;
    const x = this.xOf(this.view.cursor, row);
    const rowHeight = this.canvas.height / this.rows;
    c.strokeStyle = colors.cursor;
    c.lineWidth = 2 * this.ratio;
    c.beginPath();
    c.moveTo(x, row * rowHeight);
    c.lineTo(x, (row + 1) * rowHeight);
    c.stroke();
  }

  // Time and value under a pointer.
  placeOf(event) {
    const box = this.canvas.getBoundingClientRect();
    const [fx, fy] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    const row = Math.min(this.rows - 1, Math.max(0, Math.floor(fy * this.rows)));
    const fromMiddle = this.rows === 1 ? 0.5 - fy : (row + 0.5) / this.rows - fy;
    return { t: this.view.from + (row + fx) * this.screen, v: fromMiddle * this.ny * this.view.uv / this.view.up };
  }
}
