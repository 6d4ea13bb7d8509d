// recordings.js: the page "Open a recording": what belongs to the screen, the sound and the events.

import { address, getJson, postFiles, postJson, remove, runJob } from './api.js';
import { colorOf, letterOf, swatch } from './classes.js';
import { Events } from './events.js';
import { complain, element, forgive, say } from './messages.js';
import { describe, histogram, measure, strip } from './rhythm.js';
import { Sound } from './sound.js';
import { Sweep, divisions, msSteps, uvSteps } from './sweep.js';
import { Tiles, fetchTrace } from './tiles.js';

const $ = (id) => document.getElementById(id);
const clamp = (x, low, high) => Math.min(Math.max(x, low), Math.max(low, high));
const found = '\u0000found'; // among labels: no label
const filters = {
  highpass: [['0', 'off'], ['2', '2 Hz'], ['10', '10 Hz'], ['20', '20 Hz'], ['100', '100 Hz'], ['500', '500 Hz']],
  lowpass: [['0', 'off'], ['1000', '1 kHz'], ['3000', '3 kHz'], ['5000', '5 kHz'], ['10000', '10 kHz']],
  notch: [['0', 'off'], ['50', '50 Hz'], ['60', '60 Hz']],
};

class Recordings {
  constructor(status) {
    this.models = status.models.filter((m) => m.reads !== 'picture');
    this.recording = null;
    this.file = []; // events of the file, of persons, of the model
    this.own = [];
    this.model = [];
    this.tiles = new Tiles(() => this.sweep.draw(), complain);
    this.sweep = new Sweep($('trace'), this.tiles);
    this.sound = new Sound({ onClip: () => this.showClip(), onEnd: () => this.soundEnded() });
    this.events = new Events({
      onGo: (e) => this.goTo(e),
      onDelete: (e) => this.deleteAnnotation(e),
      onChange: () => this.eventsChanged(),
    });
    this.fillSelects();
    this.takeChanges();
    this.takeKeys();
    this.takePointer();
    this.takeFiles();
  }

  fillSelects() {
    $('ms').append(...msSteps.map((v) => new Option(`${v} ms/div`, v)));
    $('uv').append(...uvSteps.map((v) => new Option(v >= 1000 ? `${v / 1000} mV/div` : `${v} µV/div`, v)));
    for (const [id, rows] of Object.entries(filters)) $(id).append(...rows.map(([v, text]) => new Option(text, v)));
    $('highpass').value = '10';
    for (const m of this.models) $('recording-model').append(new Option(m.name + (m.is_calibrated ? '' : ' (not calibrated)'), m.id));
    $('classify').disabled = !this.models.length;
  }

  takeChanges() {
    const { view } = this.sweep;
    $('ms').addEventListener('change', () => { view.ms = Number($('ms').value); this.retile(); });
    $('uv').addEventListener('change', () => { view.uv = Number($('uv').value); this.changed(); });
    $('view').addEventListener('change', () => this.setMode($('view').value));
    $('channel').addEventListener('change', () => { this.model = []; this.retile(); this.loadOverview(); this.merge(); });
    for (const id of Object.keys(filters)) $(id).addEventListener('change', () => this.retile());
    $('calipers').addEventListener('click', () => this.toggleCalipers());
    $('position').addEventListener('input', () => this.move(Number($('position').value)));
    $('play').addEventListener('click', () => this.togglePlay());
    $('speed').addEventListener('change', () => this.restartSound());
    $('loop').addEventListener('change', () => this.restartSound());
    $('volume').addEventListener('input', () => this.setVolume());
    $('classify').addEventListener('click', () => this.classify());
    $('stop').addEventListener('click', () => this.job && remove(`/jobs/${this.job}`).catch(complain));
    $('recording-filter').addEventListener('input', () => this.drawList());
    $('rhythm-label').addEventListener('change', () => this.drawRhythm());
    $('rules').addEventListener('click', () => this.askRules());
    $('annotate').addEventListener('submit', (event) => { event.preventDefault(); this.annotate(); });
    for (const id of ['export-format', 'export-model']) $(id).addEventListener('change', () => this.setExport());
    this.setVolume();
  }

  // ---- The list ----

  async show(id) {
    try {
      const { recordings, recent, is_cut: isCut } = await getJson('/recordings');
      this.list = recordings;
      this.recent = recent;
      this.drawList();
      if (isCut) say('The folder holds more recordings than are listed.');
      this.sweep.fit();
      if (id && id !== this.recording?.recording) await this.open(id);
    } catch (why) {
      complain(why);
    }
  }

  drawList() {
    const words = $('recording-filter').value.toLowerCase();
    const named = this.list.filter((r) => r.name.toLowerCase().includes(words));
    const recent = new Set(this.recent.map((r) => r.recording));
    $('recording-list').replaceChildren(...named.slice(0, 500).map((r) => {
      const button = element('button', { type: 'button', textContent: r.name + (recent.has(r.recording) ? ' ·' : '') });
      if (r.recording === this.recording?.recording) button.setAttribute('aria-current', 'true');
      if (recent.has(r.recording)) button.title = 'opened before';
      button.addEventListener('click', () => { location.hash = `recordings/${r.recording}`; });
      return element('li', {}, button);
    }));
    if (!named.length) $('recording-list').append(element('li', { textContent: this.list.length ? 'none of that name' : 'none here yet' }));
  }

  takeFiles() {
    const isHere = () => !$('page-recordings').hidden;
    $('recording-files').addEventListener('change', (event) => {
      this.send([...event.target.files]);
      event.target.value = '';
    });
    window.addEventListener('dragover', () => $('page-recordings').classList.toggle('over', isHere()));
    window.addEventListener('dragleave', () => $('page-recordings').classList.remove('over'));
    window.addEventListener('drop', (event) => {
      $('page-recordings').classList.remove('over');
      if (isHere()) this.send([...event.dataTransfer.files]);
    });
  }

  async send(files) {
    if (!files.length) return;
    forgive();
    say('Reading what was sent…');
    try {
      const { recording } = await postFiles('/recordings', files);
      location.hash = `recordings/${recording}`;
    } catch (why) {
      complain(why);
      say('');
    }
  }

  // ---- One recording ----

  async open(id) {
    forgive();
    this.sound.stop();
    const r = await getJson(`/recordings/${id}`);
    const { view } = this.sweep;
    this.recording = r;
    this.overview = null;
    this.model = [];
    this.jobDone = null;
    Object.assign(view, { from: 0, cursor: null, calipers: null, up: r.polarity === 'negative-up' ? 1 : -1 });
    $('calipers').setAttribute('aria-pressed', 'false');
    $('viewer').hidden = false;
    $('viewer-empty').hidden = true;
    $('recording-name').textContent = r.name;
    $('channel').replaceChildren(...r.channels.map((c, i) => new Option(c.name || `channel ${i + 1}`, i)));
    const facts = [[r.muscle, r.side].filter(Boolean).join(' '), `${r.duration_s.toFixed(3)} s`,
      `${r.channels[0].rate_hz} Hz`, r.polarity === 'unknown' ? 'polarity not known: taken as positive numbers = positive potential' : '',
      r.repairs.length ? `repaired: ${r.repairs.join('; ')}` : ''];
    $('recording-facts').textContent = facts.filter(Boolean).join(' · ');
    $('ms').value = view.ms;
    this.sweep.fit();
    this.retile();
    this.fitGain();
    this.drawList();
    $('legend').replaceChildren();
    say(`Opened, ${r.duration_s.toFixed(1)} s.`);
    this.sweep.fit();
    await this.tiles.first; // then only the server reads the whole recording
    await Promise.all([this.loadEvents(), this.loadOverview()]);
  }

  get channel() { return Number($('channel').value) || 0; }
  get duration() { return this.recording?.duration_s ?? 0; }

  wish() {
    const wish = { channel: this.channel };
    for (const id of Object.keys(filters)) if ($(id).value !== '0') wish[id] = $(id).value;
    return wish;
  }

  retile() {
    if (!this.recording) return;
    const c = this.recording.channels[this.channel];
    this.sweep.view.unit = c.unit === 'uV' ? 'µV' : c.unit;
    this.tiles.use(this.recording.recording, this.wish(), this.sweep.screen, this.duration, this.sweep.columns);
    this.move(this.sweep.view.from);
    this.restartSound();
  }

  // The step of gain at which the first screen fills at most three of four divisions each way.
  async fitGain() {
    const trace = await fetchTrace(this.recording.recording, { ...this.wish(), from: 0, duration: Math.min(1, this.duration), columns: 400 });
    const most = trace.values.reduce((a, v) => Math.max(a, Math.abs(v)), 0);
    this.sweep.view.uv = uvSteps.find((v) => 3 * v >= most) ?? uvSteps[uvSteps.length - 1];
    $('uv').value = this.sweep.view.uv;
    this.changed();
  }

  move(from) {
    const { sweep } = this;
    sweep.view.from = clamp(from, 0, this.duration - sweep.span);
    this.changed();
  }

  changed() {
    this.sweep.draw();
    this.drawOverview();
    this.readOutTimer ??= setTimeout(() => { this.readOutTimer = null; this.readOut(); }, 50);
    clearTimeout(this.rhythmTimer);
    this.rhythmTimer = setTimeout(() => this.drawRhythm(), 150);
  }

  setMode(mode) {
    const { view } = this.sweep;
    view.mode = mode;
    $('view').value = mode;
    if (mode === 'raster') view.calipers = null;
    this.move(view.from);
    this.runFree(mode === 'run' && !this.sound.isPlaying);
  }

  // Free run: the trace moves as time does, with the sound where it plays.
  runFree(isOn) {
    cancelAnimationFrame(this.frame);
    if (!isOn) return;
    let before = performance.now();
    const step = (now) => {
      const { view } = this.sweep;
      if (view.mode !== 'run') return;
      this.move(view.from + (now - before) / 1000);
      before = now;
      if (view.from < this.duration - this.sweep.span) this.frame = requestAnimationFrame(step);
    };
    this.frame = requestAnimationFrame(step);
  }

  readOut() {
    const { view } = this.sweep;
    const end = Math.min(this.duration, view.from + this.sweep.span);
    let text = `${view.from.toFixed(3)} to ${end.toFixed(3)} s`;
    if (view.calipers) {
      const [a, b] = view.calipers;
      const dt = Math.abs(b.t - a.t);
      text = `Calipers: ${(1000 * dt).toFixed(2)} ms${dt ? ` (${(1 / dt).toFixed(1)}/s)` : ''}, ${Math.abs(b.v - a.v).toFixed(1)} ${view.unit}`;
    }
    $('readout').textContent = text;
    Object.assign($('position'), { max: Math.max(0, this.duration - this.sweep.span), value: view.from });
    $('position').setAttribute('aria-valuetext', `${view.from.toFixed(3)} seconds`);
    this.announce(text);
    $('trace').setAttribute('aria-label', `Trace, ${view.mode}, ${view.ms} ms and ${view.uv} ${view.unit} a division, negative up, ${text}`);
    const span = this.spanned();
    $('annotate-where').textContent = `${span.onset_s.toFixed(3)} s, ${(1000 * span.duration_s).toFixed(1)} ms`;
  }

  // For who does not see the trace: where it stands, once it has come to rest.
  announce(text) {
    clearTimeout(this.announceTimer);
    if (document.activeElement === $('trace') && !this.sound.isPlaying) this.announceTimer = setTimeout(() => say(text), 600);
  }

  // ---- Overview ----

  async loadOverview() {
    const { recording: id } = this.recording;
    try {
      const wish = { channel: this.channel, from: 0, duration: Math.max(1e-3, this.duration), columns: 1200 };
      const trace = await fetchTrace(id, wish);
      if (id !== this.recording.recording) return;
      this.overview = trace;
      this.drawOverview(true);
    } catch (why) {
      complain(why);
    }
  }

  // What does not move (envelope and classes) is kept as a picture: free run draws this 60 times a
  // second.
  drawOverview(isNew = false) {
    const canvas = $('overview');
    const [w, h] = [canvas.clientWidth, canvas.clientHeight];
    if (!w || !this.recording) return;
    const colors = this.sweep.colors();
    if (isNew || canvas.width !== w || this.overviewColors !== colors) {
      Object.assign(canvas, { width: w, height: h });
      this.overviewColors = colors;
      this.overviewStill = this.paintOverview(colors, w, h);
    }
    const x = (t) => t / this.duration * w;
    const c = canvas.getContext('2d');
    c.drawImage(this.overviewStill, 0, 0);
    c.strokeStyle = colors.cursor;
    c.lineWidth = 2;
    c.strokeRect(x(this.sweep.view.from), 1, Math.max(3, x(this.sweep.span)), h - 2);
  }

  paintOverview(colors, width, height) {
    const band = 14;
    const still = Object.assign(document.createElement('canvas'), { width, height });
    const c = still.getContext('2d');
    c.fillStyle = colors.screen;
    c.fillRect(0, 0, width, height);
    this.drawBand(c, (t) => t / this.duration * width, height - band, band);
    if (this.overview) this.drawEnvelope(c, colors, width, height - band);
    return still;
  }

  drawEnvelope(c, colors, w, h) {
    const { values, n, isMinMax } = this.overview;
    const most = values.reduce((a, v) => Math.max(a, Math.abs(v)), 1e-9);
    const y = (v) => h / 2 - this.sweep.view.up * v / most * (h / 2 - 2);
    c.strokeStyle = colors.trace;
    c.lineWidth = 1;
    c.beginPath();
    for (let i = 0; i < n; i++) {
      const px = i / n * w;
      if (isMinMax) { c.moveTo(px, y(values[2 * i])); c.lineTo(px, y(values[2 * i + 1]) + 0.5); } else if (i) c.lineTo(px, y(values[i])); else c.moveTo(px, y(values[i]));
    }
    c.stroke();
  }

  // Classified windows along the recording, each class at its own height, too.
  drawBand(c, x, top, height) {
    const classes = this.modelClasses ?? [];
    for (const e of this.model) {
      const i = Math.max(0, classes.indexOf(e.label));
      const part = height / Math.max(1, classes.length);
      c.fillStyle = colorOf(e.label);
      c.fillRect(x(e.onset_s), top + i * part, Math.max(1, x(e.duration_s)), part);
    }
  }

  // ---- Events ----

  async loadEvents() {
    const { recording: id } = this.recording;
    const events = await getJson(`/recordings/${id}/annotations`);
    if (id !== this.recording.recording) return;
    this.file = events.file.map((e) => ({ ...e, source: 'file' }));
    this.own = events.own.map((e) => ({ ...e, source: 'person' }));
    if (events.n_file > events.file.length) say(`${events.n_file} annotations, of which the first ${events.file.length} are listed.`);
    this.merge();
  }

  merge() {
    const all = [...this.file, ...this.own, ...this.model];
    this.events.set(all);
    const labels = [...new Set([...all.map((e) => e.label), 'Fibs', 'PSW', 'Others', 'artefact', 'unsure'])];
    $('labels').replaceChildren(...labels.map((l) => new Option(l)));
    const counts = new Map();
    for (const e of [...this.file, ...this.own]) counts.set(e.label, (counts.get(e.label) ?? 0) + 1);
    const chosen = $('rhythm-label').value;
    $('rhythm-label').replaceChildren(new Option('discharges that are found here', found), ...[...counts].map(([l, n]) => new Option(`${l} (${n})`, l)));
    if (counts.has(chosen)) $('rhythm-label').value = chosen;
    else if (chosen !== found && counts.size) [$('rhythm-label').value] = [...counts.keys()];
    this.setExport();
    this.drawRhythm();
  }

  eventsChanged() {
    this.sweep.marks = this.events.shown.map((e) => ({ ...e, color: colorOf(e.label) }));
    this.sweep.draw();
    this.drawOverview(true);
  }

  goTo(e) {
    const { sweep } = this;
    this.move(e.onset_s - Math.max(0, Math.min(sweep.span / 4, (sweep.span - e.duration_s) / 2)));
    say(`${e.label} at ${e.onset_s.toFixed(3)} s.`);
  }

  async drawRhythm() {
    if (!this.recording) return;
    const label = $('rhythm-label').value;
    const middle = this.sweep.view.from + this.sweep.span / 2;
    const width = Math.min(this.duration, 10);
    const from = clamp(middle - width / 2, 0, this.duration - width);
    let [title, rows] = [label || 'No label', [[...this.file, ...this.own].filter((e) => e.label === label)
      .map((e) => e.onset_s).sort((a, b) => a - b).filter((t) => t >= from && t <= from + width)]];
    if (label === found) [title, rows] = await this.findTrains(from, width);
    const m = measure(rows[0]);
    $('rhythm-strip').replaceChildren(strip(rows, from, from + width));
    $('rhythm-text').textContent = `${title}: ${describe(m)}`;
    $('rhythm-histogram').replaceChildren(histogram(m));
  }

  // Discharges that look alike, the train with the most of them first.
  async findTrains(from, duration) {
    try {
      const wish = new URLSearchParams({ channel: this.channel, from, duration });
      const { discharges, trains } = await getJson(`/recordings/${this.recording.recording}/discharges?${wish}`);
      const rows = trains.map((_, i) => discharges.filter((d) => d[3] === i).map((d) => d[0])).sort((a, b) => b.length - a.length);
      return [`${discharges.length} discharges of ${trains.length} shapes; the most frequent`, rows.length ? rows.slice(0, 5) : [[]]];
    } catch (why) {
      complain(why);
      return ['Discharges', [[]]];
    }
  }

  async askRules() {
    const { onset_s: from, duration_s: duration } = this.spanned();
    try {
      const wish = new URLSearchParams({ channel: this.channel, from, duration });
      const { opinion } = await getJson(`/recordings/${this.recording.recording}/opinion?${wish}`);
      const n = opinion.n_discharges;
      $('rules-text').textContent = `From ${from.toFixed(3)} s, ${(1000 * duration).toFixed(0)} ms: ${n} discharge${n === 1 ? '' : 's'}; the rules point to ${opinion.points_to}.`;
      $('rules-table').tBodies[0].replaceChildren(...opinion.findings.map((f) => {
        const value = f.value === null ? 'not measurable' : `${Number(f.value.toPrecision(3))} ${f.unit}`;
        return element('tr', {}, element('th', { scope: 'row', textContent: f.rule.replaceAll('_', ' ') + (f.decides ? ' (decides)' : '') }),
          ...[value, f.Fibs, f.PSW].map((textContent) => element('td', { textContent })));
      }));
      $('rules-table').hidden = !opinion.findings.length;
    } catch (why) {
      complain(why);
    }
  }

  spanned() {
    const { view } = this.sweep;
    if (!view.calipers) return { onset_s: view.from, duration_s: Math.min(this.sweep.span, this.duration - view.from) };
    const [a, b] = view.calipers.map((p) => clamp(p.t, 0, this.duration)).sort((p, q) => p - q);
    return { onset_s: a, duration_s: b - a };
  }

  async annotate() {
    const wish = { ...this.spanned(), channel: this.channel, label: $('annotate-label').value.trim(), text: $('annotate-text').value.trim() };
    try {
      await postJson(`/recordings/${this.recording.recording}/annotations`, wish);
      $('annotate-text').value = '';
      await this.loadEvents();
      say(`${wish.label} annotated at ${wish.onset_s.toFixed(3)} s.`);
      $('trace').focus();
    } catch (why) {
      complain(why);
    }
  }

  async deleteAnnotation(e) {
    try {
      await remove(`/recordings/${this.recording.recording}/annotations/${e.annotation}`);
      await this.loadEvents();
      say(`${e.label} at ${e.onset_s.toFixed(3)} s deleted; the project file keeps that it was there.`);
    } catch (why) {
      complain(why);
    }
  }

  setExport() {
    if (!this.recording) return;
    const wish = { format: $('export-format').value };
    $('export-model').disabled = !this.jobDone;
    if (this.jobDone && $('export-model').checked) wish.job = this.jobDone;
    $('export').href = address(`/recordings/${this.recording.recording}/export?${new URLSearchParams(wish)}`);
  }

  // ---- Classifying ----

  async classify() {
    const { recording: id } = this.recording;
    const { channel } = this;
    forgive();
    $('classify').disabled = true;
    $('stop').hidden = $('progress').hidden = false;
    try {
      const wish = { kind: 'classify-recording', recording: id, model: $('recording-model').value, channel };
      const { job, result } = await runJob(wish, (news) => {
        this.job = news.job;
        const { done, total } = news.progress;
        if (total) Object.assign($('progress'), { max: total, value: done });
      });
      if (id !== this.recording.recording || channel !== this.channel) return;
      this.jobDone = job;
      this.modelClasses = result.classes;
      this.model = result.stretches.map((e) => ({ ...e, source: 'model' }));
      this.drawLegend(result);
      this.merge();
      say(`${result.windows.length} windows of ${result.window_ms} ms classified.`);
    } catch (why) {
      complain(why);
    } finally {
      $('classify').disabled = false;
      $('stop').hidden = $('progress').hidden = true;
      $('progress').removeAttribute('value');
      this.job = null;
    }
  }

  drawLegend({ classes, windows }) {
    const unsure = windows.filter((w) => w[2]).length;
    const items = classes.map((name, i) => element('li', {}, swatch(name), `${letterOf(name)} ${name}: ${windows.filter((w) => w[0] === i).length} windows`));
    if (unsure) items.push(element('li', { className: 'unsure', textContent: `${unsure} unsure` }));
    $('legend').replaceChildren(...items);
  }

  // ---- Sound ----

  setVolume() {
    const db = Number($('volume').value);
    this.sound.setVolume(db);
    $('volume-text').textContent = `${db > 0 ? '+' : ''}${db} dB`;
  }

  showClip() {
    $('clip').textContent = 'CLIPPING';
    $('clip').classList.add('on');
    clearTimeout(this.clipTimer);
    this.clipTimer = setTimeout(() => {
      $('clip').textContent = 'no clipping';
      $('clip').classList.remove('on');
    }, 700);
  }

  togglePlay() {
    if (this.sound.isPlaying) this.sound.stop();
    else this.startSound();
  }

  restartSound() {
    if (this.sound.isPlaying) this.startSound();
  }

  async startSound() {
    const { view } = this.sweep;
    const span = this.spanned();
    const isRegion = view.calipers || $('loop').checked;
    const to = isRegion ? span.onset_s + span.duration_s : this.duration;
    try {
      cancelAnimationFrame(this.frame);
      await this.sound.play(this.recording.recording, this.wish(), span.onset_s, Math.max(to, span.onset_s + 0.02), Number($('speed').value), $('loop').checked);
      $('play').setAttribute('aria-pressed', 'true');
      $('play').textContent = '■ Stop';
      this.followSound();
    } catch (why) {
      complain(why);
    }
  }

  followSound() {
    if (!this.sound.isPlaying) return;
    const { sweep } = this;
    const t = this.sound.time();
    sweep.view.cursor = t;
    // a screen turns when the cursor leaves it; free run moves with the sound
    if (sweep.view.mode === 'run') this.move(t - 0.8 * sweep.span);
    else if (t > sweep.view.from + sweep.span || t < sweep.view.from) this.move(t);
    else sweep.draw();
    requestAnimationFrame(() => this.followSound());
  }

  soundEnded() {
    this.sweep.view.cursor = null;
    $('play').setAttribute('aria-pressed', 'false');
    $('play').textContent = '▶ Play';
    this.sweep.draw();
  }

  // ---- Keys and pointer ----

  step(id, steps, direction) {
    const i = steps.indexOf(this.sweep.view[id]);
    $(id).value = steps[clamp(i + direction, 0, steps.length - 1)];
    $(id).dispatchEvent(new Event('change'));
    say($(id).selectedOptions[0].text);
  }

  toggleCalipers() {
    const { view } = this.sweep;
    if (view.mode === 'raster') this.setMode('sweep');
    const at = (f) => view.from + f * this.sweep.screen;
    view.calipers = view.calipers ? null : [{ t: at(0.3), v: 0 }, { t: at(0.6), v: view.up * view.uv }];
    view.corner = 1;
    $('calipers').setAttribute('aria-pressed', String(Boolean(view.calipers)));
    this.changed();
  }

  moveCorner(event) {
    const { view } = this.sweep;
    const p = view.calipers[view.corner];
    const factor = event.shiftKey ? 0.5 : 0.05; // of a division
    const [dt, dv] = [view.ms / 1000 * factor, view.up * view.uv * factor];
    if (event.key === 'ArrowLeft') p.t = clamp(p.t - dt, 0, this.duration);
    if (event.key === 'ArrowRight') p.t = clamp(p.t + dt, 0, this.duration);
    if (event.key === 'ArrowUp') p.v += dv;
    if (event.key === 'ArrowDown') p.v -= dv;
    this.changed();
  }

  takeKeys() {
    const { sweep } = this;
    const { view } = sweep;
    const division = () => (view.mode === 'raster' ? sweep.screen : sweep.screen / divisions);
    const arrows = {
      ArrowLeft: (e) => this.move(view.from - (e.shiftKey ? sweep.span : division())),
      ArrowRight: (e) => this.move(view.from + (e.shiftKey ? sweep.span : division())),
      ArrowUp: () => this.step('uv', uvSteps, -1),
      ArrowDown: () => this.step('uv', uvSteps, 1),
    };
    const keys = {
      Home: () => this.move(0),
      End: () => this.move(this.duration),
      PageDown: () => this.move(view.from + sweep.span),
      PageUp: () => this.move(view.from - sweep.span),
      '+': () => this.step('ms', msSteps, -1),
      '=': () => this.step('ms', msSteps, -1),
      '-': () => this.step('ms', msSteps, 1),
      s: () => this.setMode('sweep'),
      r: () => this.setMode('raster'),
      f: () => this.setMode('run'),
      ' ': () => this.togglePlay(),
      l: () => $('loop').click(),
      c: () => this.toggleCalipers(),
      x: () => { view.corner = 1 - view.corner; sweep.draw(); },
      Escape: () => view.calipers && this.toggleCalipers(),
      n: () => $('annotate-label').focus(),
      ',': () => this.events.step(-1, this.events.current?.onset_s ?? view.from),
      '.': () => this.events.step(1, this.events.current?.onset_s ?? view.from),
      '?': () => $('keys').showModal(),
    };
    for (const [key, speed] of [['1', '1'], ['2', '0.5'], ['4', '0.25']]) {
      keys[key] = () => { $('speed').value = speed; this.restartSound(); say(`speed ${$('speed').selectedOptions[0].text}`); };
    }
    $('trace').addEventListener('keydown', (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey || !this.recording) return;
      const isArrow = event.key in arrows;
      if (!isArrow && !(event.key in keys)) return;
      event.preventDefault();
      if (isArrow && view.calipers) this.moveCorner(event);
      else (arrows[event.key] ?? keys[event.key])(event);
    });
  }

  // Dragging measures; a click in the strip below goes there.
  takePointer() {
    const { sweep } = this;
    $('trace').addEventListener('pointerdown', (event) => {
      if (!this.recording || sweep.view.mode === 'raster') return;
      const start = sweep.placeOf(event);
      const move = (e) => {
        sweep.view.calipers = [start, sweep.placeOf(e)];
        sweep.view.corner = 1;
        $('calipers').setAttribute('aria-pressed', 'true');
        this.changed();
      };
      const end = () => {
        $('trace').removeEventListener('pointermove', move);
        $('trace').removeEventListener('pointerup', end);
        $('trace').removeEventListener('pointercancel', end);
      };
      $('trace').setPointerCapture(event.pointerId);
      $('trace').addEventListener('pointermove', move);
      $('trace').addEventListener('pointerup', end);
      $('trace').addEventListener('pointercancel', end);
    });
    $('overview').addEventListener('click', (event) => {
      this.move(event.offsetX / $('overview').clientWidth * this.duration - sweep.span / 2);
    });
    new ResizeObserver(() => this.drawOverview()).observe($('overview'));
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.drawOverview(true));
  }
}

export const openRecordings = (status) => new Recordings(status);
