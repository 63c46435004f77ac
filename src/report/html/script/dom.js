// Elements are made from names and text, never from markup: foreign text can only become text.

/** Makes an element; `attributes` with the value `undefined` or `null` are left out, children may be nested lists. */
function make(name, attributes, ...children) {
  return fill(document.createElement(name), attributes, children);
}

/** Makes an element of a picture. */
function draw(name, attributes, ...children) {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', name), attributes, children);
}

function fill(element, attributes, children) {
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (value !== undefined && value !== null) element.setAttribute(key, value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
}

/** Foreign text in a line of other words: its reading direction stays its own. */
const foreign = (text, attributes) => make('bdi', attributes, text);

const thousands = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, ',');
const counted = (number, one, many) => `${thousands(number)} ${number === 1 ? one : many}`;

/** The address of a page, as src/report/html/escape.rs writes it. */
const route = (page, about) =>
  `#/${page}/${encodeURIComponent(about).replace(/%3A/g, ':').replace(/%2F/g, '/')
    .replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)}`;

/** What stands behind `#/PAGE/`, or null where somebody broke the address. */
function unroute(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/** Says something to those who listen to the page. */
let announcer;
function announce(text) {
  if (!announcer) {
    announcer = make('p', { class: 'unseen', role: 'status', 'aria-live': 'polite', id: 'said' });
    document.body.append(announcer);
  }
  announcer.textContent = text;
}
