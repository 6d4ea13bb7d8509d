// app.js: which page is shown.

import { getJson } from './api.js';
import { complain, forgive } from './messages.js';
import { openPictures } from './pictures.js';
import { openRecordings } from './recordings.js';

const $ = (id) => document.getElementById(id);

const pages = ['pictures', 'recordings'];

function show(context) {
  const [wanted, id] = location.hash.slice(1).split('/');
  const page = pages.includes(wanted) ? wanted : 'pictures';
  for (const name of pages) {
    $(`page-${name}`).hidden = name !== page;
    if (name === page) $(`nav-${name}`).setAttribute('aria-current', 'page');
    else $(`nav-${name}`).removeAttribute('aria-current');
  }
  document.title = `${page === 'pictures' ? 'Pick a picture' : 'Recordings'} – nemg workbench`;
  context[page].show(id);
}

async function start() {
  const status = await getJson('/status');
  const context = { pictures: openPictures(status), recordings: openRecordings(status) };
  window.addEventListener('hashchange', () => { forgive(); show(context); });
  show(context);
}

start().catch(complain);
