// api.js: the server's addresses, and what waits for its long work.

const base = '/api/v1';

async function answer(response) {
  if (response.ok) return response;
  let message = `${response.status} ${response.statusText}`;
  try { message = (await response.json()).error.message; } catch { /* no JSON: the status says it */ }
  throw new Error(response.status === 401 ? 'The server was started anew: open the address that it has printed.' : message);
}

async function request(path, options = {}) {
  let response;
  try {
    response = await fetch(base + path, { credentials: 'same-origin', ...options });
  } catch (why) {
    if (why.name === 'AbortError') throw why;
    throw new Error('The server does not answer. Is nemg serve still running?');
  }
  return answer(response);
}

export const getJson = async (path) => (await request(path)).json();
export const getBytes = async (path, signal) => (await request(path, { signal })).arrayBuffer();
export const address = (path) => base + path;
export const remove = (path) => request(path, { method: 'DELETE' });

export async function postJson(path, body) {
  const headers = { 'Content-Type': 'application/json' };
  return (await request(path, { method: 'POST', headers, body: JSON.stringify(body) })).json();
}

export async function postFiles(path, files) {
  const form = new FormData();
  for (const file of files) form.append('file', file, file.name || 'pasted.png');
  return (await request(path, { method: 'POST', body: form })).json();
}

// ---- Jobs ----

// A browser has six connections to a server over all its tabs, and an event stream keeps one: only
// a tab that is seen and waits has one. Without it jobs are asked for every second.
const waiting = new Map(); // id -> function called with news
let source = null;

function listen() {
  const wanted = waiting.size > 0 && !document.hidden;
  if (wanted && !source) {
    source = new EventSource(`${base}/events`);
    source.addEventListener('job', (event) => {
      const job = JSON.parse(event.data);
      waiting.get(job.job)?.(job);
    });
  } else if (!wanted && source) {
    source.close();
    source = null;
  }
}
document.addEventListener('visibilitychange', listen);

const isOver = (job) => ['done', 'failed', 'stopped'].includes(job.state);

// Asks for a job and waits for its result. onNews(job) is called with its progress.
export async function runJob(wish, onNews = () => {}) {
  let job = await postJson('/jobs', wish);
  const { job: id } = job;
  onNews(job);
  while (!isOver(job)) {
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, 1000);
      waiting.set(id, (news) => {
        onNews(news);
        if (isOver(news)) { clearTimeout(timer); resolve(); }
      });
      listen();
    });
    job = await getJson(`/jobs/${id}`);
    onNews(job);
  }
  waiting.delete(id);
  listen();
  if (job.state !== 'done') throw new Error(job.error?.message ?? 'stopped');
  return job;
}
