// events.js: the table of events beside the trace: sortable, by keyboard, in pages.

import { swatch } from './classes.js';
import { element } from './messages.js';

const $ = (id) => document.getElementById(id);
const pageRows = 100;
const columns = [
  ['onset_s', 'At (s)', (e) => e.onset_s.toFixed(3)],
  ['duration_s', 'For (ms)', (e) => (1000 * e.duration_s).toFixed(1)],
  ['label', 'Label', (e) => e.label],
  ['source', 'Source', (e) => (e.author ? `${e.source}: ${e.author}` : e.source)],
  ['probability', 'Score', (e) => (e.probability === undefined ? '' : `${(100 * e.probability).toFixed(1)} %${e.n_unsure ? ' (unsure)' : ''}`)],
];

export class Events {
  constructor({ onGo, onDelete, onChange }) {
    Object.assign(this, { onGo, onDelete, onChange, all: [], shown: [], page: 0, key: 'onset_s', sign: 1, current: null });
    const head = $('events').tHead.rows[0];
    for (const [key, title] of columns) {
      const button = element('button', { type: 'button', textContent: title });
      button.addEventListener('click', () => this.sort(key));
      head.append(element('th', { scope: 'col' }, button));
    }
    head.append(element('th', { scope: 'col' }, element('span', { className: 'hidden-label', textContent: 'Delete' })));
    $('event-source').addEventListener('change', () => this.choose());
    $('event-label').addEventListener('change', () => this.choose());
    $('events-back').addEventListener('click', () => this.turn(-1));
    $('events-next').addEventListener('click', () => this.turn(1));
    // up and down in the table, as in a list
    $('events').tBodies[0].addEventListener('keydown', (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      const buttons = [...$('events').querySelectorAll('td:first-child button')];
      const i = buttons.indexOf(event.target);
      if (!step || i < 0) return;
      event.preventDefault();
      buttons[Math.min(buttons.length - 1, Math.max(0, i + step))].focus();
    });
  }

  set(all) {
    this.all = all;
    const chosen = $('event-label').value;
    const labels = [...new Set(all.map((e) => e.label))].sort();
    $('event-label').replaceChildren(new Option('all', ''), ...labels.map((l) => new Option(l, l)));
    if (labels.includes(chosen)) $('event-label').value = chosen;
    this.choose();
  }

  choose() {
    const [source, label] = [$('event-source').value, $('event-label').value];
    this.shown = this.all.filter((e) => (!source || e.source === source) && (!label || e.label === label));
    this.page = 0;
    this.order();
    this.onChange(this.shown);
  }

  sort(key) {
    this.sign = key === this.key ? -this.sign : 1;
    this.key = key;
    this.page = 0;
    this.order();
  }

  order() {
    const { key, sign } = this;
    const value = (e) => e[key] ?? -1;
    this.shown.sort((a, b) => sign * (typeof value(a) === 'string' ? value(a).localeCompare(value(b)) : value(a) - value(b)) || a.onset_s - b.onset_s);
    [...$('events').tHead.rows[0].cells].forEach((cell, i) => {
      if (columns[i]?.[0] === key) cell.setAttribute('aria-sort', sign > 0 ? 'ascending' : 'descending');
      else cell.removeAttribute('aria-sort');
    });
    this.draw();
  }

  turn(step) {
    this.page += step;
    this.draw();
  }

  draw() {
    const n = this.shown.length;
    const pages = Math.max(1, Math.ceil(n / pageRows));
    const first = this.page * pageRows;
    const rows = this.shown.slice(first, first + pageRows).map((e) => this.row(e));
    $('events').tBodies[0].replaceChildren(...rows);
    $('events-count').textContent = n ? `${first + 1} to ${Math.min(n, first + pageRows)} of ${n}` : 'no events';
    $('events-back').disabled = this.page === 0;
    $('events-next').disabled = this.page + 1 >= pages;
  }

  row(e) {
    const tr = element('tr');
    columns.forEach(([key, , text], i) => {
      const td = tr.insertCell();
      if (i === 0) {
        const go = element('button', { type: 'button', textContent: text(e) });
        go.addEventListener('click', () => this.go(e));
        td.append(go);
      } else if (key === 'label') td.append(swatch(e.label), text(e));
      else td.textContent = text(e);
      if (key === 'label' && e.text) td.title = e.text;
    });
    const last = tr.insertCell();
    if (e.annotation !== undefined) {
      const button = element('button', { type: 'button', textContent: 'Delete' });
      button.setAttribute('aria-label', `Delete ${e.label} at ${e.onset_s.toFixed(3)} s`);
      button.addEventListener('click', () => this.onDelete(e));
      last.append(button);
    }
    if (e === this.current) tr.setAttribute('aria-current', 'true');
    e.row = tr;
    return tr;
  }

  go(e) {
    this.current?.row?.removeAttribute('aria-current');
    this.current = e;
    e.row?.setAttribute('aria-current', 'true');
    this.onGo(e);
  }

  // The event before or after a time.
  step(direction, t) {
    const by = this.all.filter((e) => (direction > 0 ? e.onset_s > t + 1e-6 : e.onset_s < t - 1e-6));
    if (by.length) this.go(by.reduce((a, b) => ((direction > 0) === (a.onset_s < b.onset_s) ? a : b)));
  }
}
