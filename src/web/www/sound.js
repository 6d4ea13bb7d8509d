// sound.js: the recording as sound, in step with the trace: a stretch, again and again if wanted, at
// full, half or quarter speed. Volume has nothing to do with the gain of the display: at 0 dB, 500 µV
// fill the loudspeaker.

import { getBytes } from './api.js';

const rate = 48000; // of what the server sends
const chunk = 20; // seconds at once; the next one is asked for while this one plays
const fullScale = 500;

export class Sound {
  constructor({ onClip, onEnd }) {
    this.onClip = onClip;
    this.onEnd = onEnd;
    this.volume = 0;
    this.run = 0; // each start has its number, so that what comes late is known to be late
    this.isPlaying = false;
  }

  setVolume(db) {
    this.volume = db;
    if (this.gain) this.gain.gain.value = 10 ** (db / 20) / fullScale;
  }

  open() {
    if (this.context) return;
    this.context = new AudioContext({ sampleRate: rate });
    this.gain = this.context.createGain();
    this.meter = this.context.createAnalyser();
    this.meter.fftSize = 2048;
    this.block = new Float32Array(this.meter.fftSize);
    this.gain.connect(this.meter).connect(this.context.destination);
    this.setVolume(this.volume);
  }

  // wish: channel and filters. Throws what fetching throws.
  async play(id, wish, from, to, speed, loops) {
    this.stop();
    this.open();
    const run = ++this.run;
    await this.context.resume();
    const fetchBuffer = async (start) => {
      const duration = Math.min(to, start + chunk) - start;
      const bytes = await getBytes(`/recordings/${id}/sound?${new URLSearchParams({ ...wish, from: start, duration })}`);
      const samples = new Float32Array(bytes);
      const buffer = this.context.createBuffer(1, Math.max(1, samples.length), rate);
      buffer.copyToChannel(samples, 0);
      return buffer;
    };
    const first = await fetchBuffer(from);
    if (run !== this.run) return;
    Object.assign(this, { isPlaying: true, from, to, speed, began: this.context.currentTime + 0.05, sources: [] });
    this.loops = loops && to - from <= chunk;
    this.period = first.duration;
    this.schedule(first, this.began);
    if (!this.loops) this.follow(fetchBuffer, run, from + chunk);
    this.watch(run);
  }

  schedule(buffer, when) {
    const source = this.context.createBufferSource();
    source.buffer = buffer;
    source.playbackRate.value = this.speed;
    source.loop = this.loops;
    source.connect(this.gain);
    source.start(when);
    this.sources.push(source);
  }

  async follow(fetchBuffer, run, next) {
    for (; next < this.to && run === this.run; next += chunk) {
      const buffer = await fetchBuffer(next);
      if (run !== this.run) return;
      this.schedule(buffer, this.began + (next - this.from) / this.speed);
      // not more than one chunk ahead
      while (run === this.run && this.time() < next - chunk / 2) await new Promise((r) => { setTimeout(r, 200); });
    }
  }

  // Time in the recording that is heard now.
  time() {
    const played = Math.max(0, this.context.currentTime - this.began) * this.speed;
    return this.loops ? this.from + played % this.period : Math.min(this.to, this.from + played);
  }

  watch(run) {
    const look = () => {
      if (run !== this.run) return;
      this.meter.getFloatTimeDomainData(this.block);
      if (this.block.some((x) => Math.abs(x) >= 1)) this.onClip();
      if (!this.loops && this.time() >= this.to) this.stop(true);
      else requestAnimationFrame(look);
    };
    look();
  }

  stop(isAtEnd = false) {
    this.run++;
    for (const source of this.sources ?? []) source.stop();
    this.sources = [];
    if (this.isPlaying) {
      this.isPlaying = false;
      this.onEnd(isAtEnd);
    }
  }
}
