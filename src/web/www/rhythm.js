// rhythm.js: how regularly events come: a strip of ticks, and a histogram of their intervals.

const svgSpace = 'http://www.w3.org/2000/svg';

function svg(name, attributes, ...children) {
  const e = document.createElementNS(svgSpace, name);
  for (const [key, value] of Object.entries(attributes)) e.setAttribute(key, value);
  e.append(...children);
  return e;
}

export function measure(onsets) {
  const intervals = onsets.slice(1).map((t, i) => t - onsets[i]).filter((d) => d > 0);
  const n = intervals.length;
  if (!n) return { n: onsets.length, intervals };
  const mean = intervals.reduce((a, b) => a + b, 0) / n;
  const deviation = Math.sqrt(intervals.reduce((a, d) => a + (d - mean) ** 2, 0) / Math.max(1, n - 1));
  const differences = intervals.slice(1).map((d, i) => Math.abs(d - intervals[i]));
  const mcd = differences.length ? differences.reduce((a, b) => a + b, 0) / differences.length : null;
  const median = [...intervals].sort((a, b) => a - b)[Math.floor(n / 2)];
  return { n: onsets.length, intervals, mean, median, cv: deviation / mean, mcd };
}

export function describe(m) {
  if (!m.intervals.length) return m.n === 1 ? 'One event: no interval.' : 'No events.';
  const mcd = m.mcd === null ? '' : `, mean consecutive difference ${(1000 * m.mcd).toFixed(1)} ms`;
  return `${m.n} events, ${(1 / m.median).toFixed(1)} a second (median interval ${(1000 * m.median).toFixed(1)} ms), ` +
    `variation ${(100 * m.cv).toFixed(0)} % of the mean interval${mcd}.`;
}

// One row of ticks a train.
export function strip(rows, from, to) {
  const high = 24 * rows.length;
  const picture = svg('svg', { viewBox: `0 0 600 ${high + 22}`, role: 'img', 'aria-label': `Rhythm from ${from.toFixed(1)} to ${to.toFixed(1)} s` });
  const x = (t) => (t - from) / (to - from) * 600;
  rows.forEach((onsets, i) => onsets.forEach((t) => picture.append(svg('line', { class: 'tick', x1: x(t), x2: x(t), y1: 24 * i + 4, y2: 24 * i + 22 }))));
  picture.append(svg('line', { class: 'axis', x1: 0, x2: 600, y1: high + 2, y2: high + 2 }),
    svg('text', { x: 2, y: high + 16 }, `${from.toFixed(1)} s`), svg('text', { x: 598, y: high + 16, 'text-anchor': 'end' }, `${to.toFixed(1)} s`));
  return picture;
}

// Intervals up to three times their median, in 30 bins; what is longer counts in the last one.
export function histogram(m) {
  const bins = 30;
  const most = m.intervals.length ? 3 * m.median : 1;
  const counts = new Array(bins).fill(0);
  for (const d of m.intervals) counts[Math.min(bins - 1, Math.floor(d / most * bins))]++;
  const top = Math.max(1, ...counts);
  const picture = svg('svg', { viewBox: '0 0 600 150', role: 'img', 'aria-label': `Histogram of intervals: ${describe(m)}` });
  counts.forEach((n, i) => picture.append(svg('rect', { class: 'fill', x: i * 20 + 1, width: 18, y: 120 - 110 * n / top, height: 110 * n / top })));
  picture.append(svg('line', { class: 'axis', x1: 0, x2: 600, y1: 120.5, y2: 120.5 }),
    svg('text', { x: 2, y: 138 }, '0 ms'), svg('text', { x: 300, y: 138, 'text-anchor': 'middle' }, 'interval'),
    svg('text', { x: 598, y: 138, 'text-anchor': 'end' }, `${(1000 * most).toFixed(0)} ms and more`),
    svg('text', { x: 2, y: 12 }, `${top} at most`));
  return picture;
}
