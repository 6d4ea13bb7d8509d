// messages.js: what is said to the person: in passing, and when something went wrong.

const $ = (id) => document.getElementById(id);

export function say(text) {
  $('status').textContent = text;
}

export function complain(why) {
  $('alert').textContent = why.message ?? String(why);
  $('alert').hidden = false;
}

export function forgive() {
  $('alert').hidden = true;
}

export function element(name, properties = {}, ...children) {
  const e = Object.assign(document.createElement(name), properties);
  e.append(...children);
  return e;
}
