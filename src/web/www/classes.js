// classes.js: one colour and one letter for each class, the same everywhere.

const known = new Map([['fibs', '#0072b2'], ['psw', '#d55e00'], ['others', '#8a8f94']]);
const further = ['#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#b3a400'];

export function colorOf(name) {
  const key = name.toLowerCase();
  if (!known.has(key)) known.set(key, further[(known.size - 3) % further.length]);
  return known.get(key);
}

export const letterOf = (name) => name.slice(0, 1).toUpperCase();

export function swatch(name) {
  const i = document.createElement('i');
  i.style.background = colorOf(name);
  i.setAttribute('aria-hidden', 'true');
  return i;
}
