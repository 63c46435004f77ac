// Which page is shown: the address after # says it, so that links, the back button and bookmarks work.

const summary = document.getElementById('summary');
const app = document.getElementById('app');
const home = document.title;

let shown = { name: 'summary', hash: '' };

function read(hash) {
  const text = hash.replace(/^#/, '');
  const [path, query = ''] = text.split(/\?(.*)/s);
  const [, name = '', rest = ''] = path.match(/^\/([a-z]*)\/?(.*)$/s) ?? [];
  return { name: name || 'summary', rest, query };
}

/** Opens a finding in the summary. */
function openFinding(number) {
  const element = document.getElementById(`finding-${number}`);
  for (let at = element; at; at = at.parentElement) if (at instanceof HTMLDetailsElement) at.open = true;
  element?.scrollIntoView({ block: 'start' });
  element?.querySelector('summary').focus({ preventScroll: true });
}

function go(y, first) {
  const hash = location.hash;
  if (hash && !hash.startsWith('#/')) return;
  const { name, rest, query } = read(hash);
  const left = shown.hash;
  if (name === 'resources' && shown.name === 'resources' && shown.page) {
    shown.hash = hash;
    shown.page.again(query);
    return;
  }
  shown.page?.end?.();
  shown = { name, hash };
  app.replaceChildren();
  const onSummary = !['resources', 'resource', 'claim', 'projects', 'project'].includes(name);
  summary.hidden = !onSummary;
  app.hidden = onSummary;
  if (name === 'resources') shown.page = tablePage(app, query);
  else if (name === 'resource') resourcePage(app, byArn().get(unroute(rest)) ?? [], unroute(rest) ?? rest);
  else if (name === 'claim') resourcePage(app, byClaim().get(unroute(rest)) ?? [], unroute(rest) ?? rest);
  else if (name === 'projects') projectsPage(app);
  else if (name === 'project') projectPage(app, unroute(rest));
  const title = app.querySelector('h1');
  document.title = onSummary || !title ? home : `${title.textContent} – whose`;
  const tab = { resource: 'resources', claim: 'resources', project: 'projects' }[name] ?? (onSummary ? 'summary' : name);
  for (const link of document.querySelectorAll('nav a')) {
    if (link.dataset.page === tab) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  if (name === 'finding') {
    openFinding(rest);
    return;
  }
  window.scrollTo(0, y);
  if (first) return;
  // Back on a page, the focus is where it was: on the link that led away. Else the heading is read.
  requestAnimationFrame(() => {
    const root = onSummary ? summary : app;
    const back = y > 0 || left ? [...root.querySelectorAll('a')].find((one) => one.getAttribute('href') === left) : null;
    (back ?? root.querySelector('h1'))?.focus({ preventScroll: true });
  });
}

const keep = () => history.replaceState({ y: window.scrollY }, '');
let kept;
addEventListener('scroll', () => {
  clearTimeout(kept);
  kept = setTimeout(keep, 200);
}, { passive: true });
document.addEventListener('click', (event) => {
  if (event.target.closest?.('a')) keep();
}, true);
history.scrollRestoration = 'manual';
addEventListener('popstate', (event) => {
  clearTimeout(kept);
  if (location.hash !== shown.hash) go(event.state?.y ?? 0);
});
addEventListener('hashchange', () => {
  if (location.hash !== shown.hash) go(0);
});

document.querySelector('.skip').addEventListener('click', (event) => {
  event.preventDefault();
  document.getElementById('main').focus();
});

const theme = document.getElementById('theme');
const paint = () => {
  if (theme.value) document.documentElement.dataset.theme = theme.value;
  else delete document.documentElement.dataset.theme;
};
try {
  theme.value = localStorage.getItem('whose-theme') ?? '';
} catch {
  // A browser that keeps nothing for files still shows the page.
}
theme.addEventListener('change', () => {
  paint();
  try {
    localStorage.setItem('whose-theme', theme.value);
  } catch {
    // As above.
  }
});
paint();

// On paper everything is open that says something of this account.
let folded = [];
addEventListener('beforeprint', () => {
  folded = [...document.querySelectorAll('details:not([open]):not(.rule)')];
  for (const one of folded) one.open = true;
});
addEventListener('afterprint', () => {
  for (const one of folded) one.open = false;
});

go(history.state?.y ?? 0, true);
// The search is ready before somebody types.
(window.requestIdleCallback ?? ((run) => setTimeout(run, 200)))(() => haystack());
