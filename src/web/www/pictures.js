// pictures.js: the page "Pick a picture".

import { address, postFiles, runJob } from './api.js';
import { colorOf } from './classes.js';
import { complain, element, forgive, say } from './messages.js';

const $ = (id) => document.getElementById(id);
const percent = (p) => `${(100 * p).toFixed(p > 0.9995 || p < 0.0005 ? 2 : 1)} %`;

function scoresTable(result, classes) {
  const table = element('table', { className: 'scores' });
  table.append(element('caption', { className: 'hidden-label', textContent: 'Score of each class' }));
  const names = [...classes].sort((a, b) => result.probabilities[b] - result.probabilities[a]);
  for (const name of names) {
    const p = result.probabilities[name];
    const fill = element('span', { className: 'fill' });
    fill.style.width = `${100 * p}%`;
    fill.style.background = colorOf(name);
    const row = table.insertRow();
    if (name === names[0]) row.className = 'best';
    row.append(element('th', { scope: 'row', textContent: name }));
    row.insertCell().append(element('span', { className: 'track' }, fill));
    row.insertCell().textContent = percent(p);
  }
  return table;
}

function verdict(result) {
  if (result.unsure === undefined) return `${result.label} scores highest. Not calibrated: no “unsure” is known.`;
  if (!result.unsure) return `${result.label}.`;
  return result.set.length ? `Unsure: it could be ${result.set.join(' or ')}.` : 'Unsure: it is like none of the classes.';
}

// A heat map in place of the picture, once it is asked for.
function heatButton(image, wish) {
  const button = element('button', { type: 'button', textContent: 'Heat map' });
  const plain = { src: image.src, alt: image.alt };
  let heat = null;
  button.setAttribute('aria-pressed', 'false');
  button.addEventListener('click', async () => {
    const isOn = button.getAttribute('aria-pressed') === 'true';
    button.disabled = true;
    try {
      if (!heat) {
        const { result } = await runJob({ kind: 'explain-picture', ...wish });
        heat = { src: address(`/pictures/${result.picture}`), alt: `${plain.alt}, under a map of what speaks for ${result.class} (${result.method})` };
      }
      Object.assign(image, isOn ? plain : heat);
      button.setAttribute('aria-pressed', String(!isOn));
      if (!isOn) say(`${heat.alt}.`);
    } catch (why) {
      complain(why);
    }
    button.disabled = false;
  });
  return button;
}

// What the model was trained on and finds most alike, below the picture, once it is asked for.
function similarButton(card, wish) {
  const button = element('button', { type: 'button', textContent: 'Similar examples' });
  const part = element('section', { className: 'similar', hidden: true });
  button.setAttribute('aria-expanded', 'false');
  button.addEventListener('click', async () => {
    button.disabled = true;
    try {
      if (!part.childElementCount) {
        const { result } = await runJob({ kind: 'similar-examples', ...wish }, ({ progress: p }) => {
          if (p?.total) say(`${p.what}: ${p.done} of ${p.total}`);
        });
        showSimilar(part, result);
      }
      part.hidden = !part.hidden;
      button.setAttribute('aria-expanded', String(!part.hidden));
      if (!part.hidden) say(part.querySelector('p').textContent);
    } catch (why) {
      complain(why);
    }
    button.disabled = false;
  });
  card.append(part);
  return button;
}

function showSimilar(part, { examples, is_own: isOwn }) {
  const counts = new Map();
  for (const x of examples) counts.set(x.label, (counts.get(x.label) ?? 0) + 1);
  const labels = [...counts].map(([label, n]) => `${n} ${label}`).join(', ');
  const list = element('ul', { className: 'examples' });
  for (const x of examples) {
    const image = element('img', { src: address(`/pictures/${x.picture}`), alt: `Example of ${x.label}, ${x.name}`, title: x.name });
    const swatch = element('i');
    swatch.style.background = colorOf(x.label);
    list.append(element('li', {}, image, element('span', {}, swatch, `${x.label} ${x.similarity.toFixed(3)}`)));
  }
  part.append(element('p', { className: 'note', textContent: `Most alike for the model, of ${isOwn ? 'what it was trained on' : 'the data set of --dataset'}: ${labels}. 1 is the same.` }), list);
}

class Pictures {
  constructor(status) {
    this.models = status.models.filter((m) => m.reads === 'picture');
    this.pictures = []; // {picture, name, card}
    for (const m of this.models) {
      const calibrated = m.is_calibrated ? '' : ', not calibrated';
      $('picture-model').append(element('option', { value: m.id, textContent: `${m.name} (${m.classes.join(', ')}${calibrated})` }));
    }
    $('picture-files').addEventListener('change', (event) => {
      this.add([...event.target.files]);
      event.target.value = '';
    });
    $('picture-model').addEventListener('change', () => this.classify(this.pictures));
    $('picture-clear').addEventListener('click', () => {
      this.pictures = [];
      $('picture-list').replaceChildren();
      say('All pictures removed.');
    });
    this.takeDrops();
  }

  takeDrops() {
    const isHere = () => !$('page-pictures').hidden;
    const drop = $('drop');
    window.addEventListener('dragover', (event) => {
      event.preventDefault();
      drop.classList.toggle('over', isHere());
    });
    window.addEventListener('dragleave', () => drop.classList.remove('over'));
    window.addEventListener('drop', (event) => {
      event.preventDefault();
      drop.classList.remove('over');
      if (isHere()) this.add([...event.dataTransfer.files]);
    });
    document.addEventListener('paste', (event) => {
      const files = [...event.clipboardData.files].filter((f) => f.type.startsWith('image/'));
      if (isHere() && files.length) this.add(files);
    });
  }

  show() {
    if (!this.models.length) say('No model of pictures: start nemg serve with --model DIR.');
  }

  async add(files) {
    if (!files.length) return;
    forgive();
    say(`Reading ${files.length} picture${files.length > 1 ? 's' : ''}…`);
    try {
      const { pictures, rejected } = await postFiles('/pictures', files);
      if (rejected.length) complain(rejected.map((r) => r.why).join('; '));
      for (const p of pictures) {
        p.card = element('li', { className: 'card' });
        $('picture-list').prepend(p.card);
        this.draw(p, null);
      }
      this.pictures.push(...pictures);
      await this.classify(pictures);
    } catch (why) {
      complain(why);
      say('');
    }
  }

  async classify(pictures) {
    const model = $('picture-model').value;
    if (!model || !pictures.length) return;
    say('Classifying…');
    try {
      for (let i = 0; i < pictures.length; i += 64) { // what one job takes
        const part = pictures.slice(i, i + 64);
        const { result } = await runJob({ kind: 'classify-pictures', model, pictures: part.map((p) => p.picture) });
        for (const r of result.results) {
          const p = part.find((x) => x.picture === r.picture);
          this.draw(p, r, result.classes, model);
          if (pictures.length === 1) say(`${p.name}: ${verdict(r)} ${percent(r.probabilities[r.label])}.`);
        }
      }
      if (pictures.length > 1) say(`${pictures.length} pictures classified.`);
    } catch (why) {
      complain(why);
    }
  }

  draw(p, result, classes, model) {
    const image = element('img', { src: address(`/pictures/${p.picture}`), alt: `The picture ${p.name}` });
    p.card.replaceChildren(element('h2', { textContent: p.name }), element('div', { className: 'picture' }, image));
    if (!result) return;
    p.card.append(scoresTable(result, classes),
      element('p', { className: result.unsure ? 'unsure' : '', textContent: verdict(result) }),
      element('div', { className: 'bar' }, heatButton(image, { model, picture: p.picture }),
        similarButton(p.card, { model, picture: p.picture })));
    p.card.append(p.card.querySelector('.similar')); // below the buttons
  }
}

export const openPictures = (status) => new Pictures(status);
