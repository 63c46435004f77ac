// All resources: search, filters, order. Only the rows in sight are in the page; @tanstack/virtual-core says which.

const { Virtualizer, observeWindowRect, observeWindowOffset, windowScroll } = modules['./index.cjs'];

/** Rows that are printed at most. */
const PRINTED = 1000;

const several = (name) => new Set(row[name].slice(0, LIVE)).size > 1;

const COLUMNS = [
  { key: 'name', title: 'Resource', of: (at) => (data.name[at] || data.id[at] || word('label', at)).toLowerCase() },
  { key: 'kind', title: 'Kind', of: (at) => kindOf(at)[1].toLowerCase() },
  { key: 'owner', title: 'Ownership', of: (at) => OWNER_ORDER.indexOf(owner(at)) },
  { key: 'project', title: 'Project', of: (at) => projectsOf(at).map((number) => data.projects[number].toLowerCase()).join(' ') || '\uffff' },
  { key: 'where', title: 'Where', of: (at) => `${data.words[row.account[at]]} ${data.words[row.region[at]]}` },
  { key: 'created', title: 'Created', of: (at) => row.created[at] || Infinity },
  { key: 'users', title: 'Used by', number: true, of: (at) => -(row.users?.[at] ?? 0) },
];

/** What the address says is shown: `#/resources?q=…&owner=…&sort=…`. */
function wish(query) {
  const params = new URLSearchParams(query);
  return {
    q: params.get('q') ?? '',
    owner: (params.get('owner') ?? '').split(',').filter((name) => OWNERS.includes(name)),
    project: params.get('project') ?? '',
    kind: params.get('kind') ?? '',
    region: params.get('region') ?? '',
    account: params.get('account') ?? '',
    code: params.get('code') ?? '',
    finding: params.get('finding') ?? '',
    sort: params.get('sort') ?? '',
  };
}

function wishAddress(wanted) {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(wanted)) if (value.length) params.set(key, String(value));
  const text = params.toString();
  return text ? `#/resources?${text}` : '#/resources';
}

/** Numbers of the rows that a wish asks for, without its owners: those are counted over all. */
function matching(wanted) {
  const tests = [];
  const project = data.projects.indexOf(wanted.project);
  if (wanted.project === '-') tests.push((at) => projectsOf(at).length === 0);
  else if (wanted.project) {
    const sets = new Set(data.project_sets.flatMap((set, number) => (set.includes(project) ? [number] : [])));
    tests.push((at) => sets.has(row.projects[at]));
  }
  if (wanted.kind) {
    const kinds = new Set(data.kinds.flatMap((kind, number) => (kind[0] === wanted.kind ? [number] : [])));
    tests.push((at) => kinds.has(row.kind[at]));
  }
  for (const name of ['region', 'account']) {
    if (!wanted[name]) continue;
    const number = data.words.indexOf(wanted[name]);
    tests.push((at) => row[name][at] === number);
  }
  if (wanted.code || wanted.finding) {
    const rows = new Set();
    findingRows().forEach((some, number) => {
      const hit = wanted.code ? data.findings[number].code === wanted.code : String(number) === wanted.finding;
      if (hit) for (const at of some) rows.add(at);
    });
    tests.push((at) => rows.has(at));
  }
  const words = wanted.q.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length) {
    const lines = haystack();
    tests.push((at) => words.every((one) => lines[at].includes(one)));
  }
  const out = [];
  for (let at = 0; at < ROWS; at++) if (tests.every((test) => test(at))) out.push(at);
  return out;
}

function ordered(rows, sort) {
  const name = sort.replace(/^-/, '');
  const by = COLUMNS.find((one) => one.key === name);
  if (!by) return rows;
  const keys = new Map(rows.map((at) => [at, by.of(at)]));
  const way = sort.startsWith('-') ? -1 : 1;
  return rows.slice().sort((a, b) => {
    const [x, y] = [keys.get(a), keys.get(b)];
    return x === y ? a - b : (x < y ? -1 : 1) * way;
  });
}

/** Makes the page of all resources; gives back what must be ended when it is left. */
function tablePage(root, query) {
  let wanted = wish(query);
  let rows = [];
  const wide = matchMedia('(min-width: 60rem)');
  // Asked for once a row, so it is looked up before.
  let guess = wide.matches ? 45 : 84;
  const columns = COLUMNS.filter((one) => one.key !== 'where' || several('region') || several('account'));

  const search = make('input', {
    type: 'search', id: 'search', autocomplete: 'off', spellcheck: 'false', 'aria-describedby': 'search-hint',
    placeholder: 'id, name, ARN, tag, address, project …',
  });
  search.value = wanted.q;
  const chips = make('div', { class: 'chips', role: 'group', 'aria-label': 'Ownership' });
  const count = make('p', { class: 'matches', 'aria-live': 'polite', id: 'matches' });
  const only = make('p', { class: 'only' });
  const select = (name, label, options) => {
    const element = make('select', { id: `by-${name}` }, make('option', { value: '' }, 'all'),
      options.map(([value, text]) => make('option', { value }, text)));
    element.value = wanted[name];
    element.addEventListener('change', () => change({ [name]: element.value }));
    return { name, element, label: make('label', { for: `by-${name}` }, make('span', {}, label), element) };
  };
  const kinds = new Map(data.kinds.map((kind) => [kind[0], kind[1]]));
  const words = (name) => [...new Set(row[name].map((number) => data.words[number]))].filter(Boolean).sort().map((one) => [one, one]);
  const selects = [
    select('project', 'Project', [...data.projects.map((name) => [name, name]), ['-', 'no project']]),
    select('kind', 'Kind', [...kinds].map(([name, said]) => [name, said === name ? name : `${said} (${name})`])
      .sort((a, b) => (a[1].toLowerCase() < b[1].toLowerCase() ? -1 : 1))),
    ...(several('region') ? [select('region', 'Region', words('region'))] : []),
    ...(several('account') ? [select('account', 'Account', words('account'))] : []),
  ];
  const clear = make('button', { type: 'button', class: 'clear' }, 'Clear');

  const heads = columns.map((one) => {
    const button = make('button', { type: 'button' }, one.title, make('span', { class: 'arrow', 'aria-hidden': 'true' }));
    button.addEventListener('click', () => {
      const next = wanted.sort === one.key ? `-${one.key}` : wanted.sort === `-${one.key}` ? '' : one.key;
      change({ sort: next });
    });
    return make('th', { scope: 'col', role: 'columnheader', class: `c-${one.key}` }, button);
  });
  const body = make('tbody', { role: 'rowgroup' });
  const table = make('table', { class: 'rows', role: 'table', 'aria-label': 'Resources', 'aria-describedby': 'matches' },
    make('thead', { role: 'rowgroup' }, make('tr', { role: 'row', 'aria-rowindex': '1' }, heads)), body);
  table.classList.toggle('no-where', !columns.some((one) => one.key === 'where'));
  const none = make('p', { class: 'nothing', hidden: '' });

  root.append(
    make('h1', { tabindex: '-1' }, 'Resources'),
    make('form', { class: 'filters', role: 'search' },
      make('label', { class: 'search', for: 'search' }, make('span', {}, 'Search'), search),
      selects.map((one) => one.label), clear,
      make('p', { class: 'unseen', id: 'search-hint' },
        'All words must occur. The key / comes here, Escape clears it; arrow keys go from row to row.')),
    chips, make('div', { class: 'line' }, count, only), table, none);
  root.querySelector('form').addEventListener('submit', (event) => event.preventDefault());

  const made = new Map();
  let held = -1;
  // The row that has the focus stays, or the focus would be lost with it.
  function inSight(range) {
    const from = Math.max(range.startIndex - range.overscan, 0);
    const to = Math.min(range.endIndex + range.overscan, range.count - 1);
    const out = [];
    if (held >= 0 && held < from) out.push(held);
    for (let at = from; at <= to; at++) out.push(at);
    if (held > to && held < range.count) out.push(held);
    return out;
  }
  /** Says which row stays; the library asks again only where the function is another one. */
  function hold(index) {
    if (index === held) return;
    held = index;
    virtualizer.options.rangeExtractor = (range) => inSight(range);
  }
  const virtualizer = new Virtualizer({
    count: 0,
    getScrollElement: () => window,
    estimateSize: () => guess,
    overscan: 12,
    scrollMargin: 0,
    scrollPaddingStart: 60,
    getItemKey: (index) => rows[index],
    rangeExtractor: inSight,
    observeElementRect: observeWindowRect,
    observeElementOffset: observeWindowOffset,
    scrollToFn: windowScroll,
    onChange: () => place(),
  });
  const end = virtualizer._didMount();

  function line(index) {
    const at = rows[index];
    const cells = {
      name: () => [
        make('a', { class: 'open', href: address(at) },
          data.name[at] && data.name[at] !== data.id[at] ? foreign(data.name[at], { class: 'named' }) : null,
          data.id[at] || at >= LIVE ? foreign(shortId(data.id[at]) || word('label', at), { class: 'id' }) : null),
      ],
      kind: () => foreign(kindOf(at)[1]),
      owner: () => [ownerBadge(at), word('orphan', at) ? make('span', { class: 'orphan' }, 'orphan') : null],
      project: () => projectsOf(at).length ? projectsOf(at).map((number) => projectChip(number))
        : word('likely', at) ? make('span', { class: 'likely' }, 'likely ', foreign(word('likely', at))) : '',
      where: () => [several('account') ? `${data.words[row.account[at]]} ` : null, data.words[row.region[at]]],
      created: () => (row.created[at] ? day(row.created[at]) : ''),
      users: () => (row.users?.[at] ? thousands(row.users[at]) : ''),
    };
    return make('tr', { role: 'row', 'data-index': index, 'aria-rowindex': index + 2, class: `is-${owner(at)}` },
      columns.map((one) => make('td', { role: 'cell', class: `c-${one.key}`, 'data-title': one.title }, cells[one.key]())));
  }

  let printing = false;
  /** Puts the rows in sight where they belong. */
  function place() {
    // Paper is narrower than the window: what that sets off must not take the rows away again.
    if (printing) return;
    const items = virtualizer.getVirtualItems();
    const seen = new Set();
    for (const item of items) {
      seen.add(item.index);
      let element = made.get(item.index);
      if (!element) {
        element = line(item.index);
        made.set(item.index, element);
        let after = null;
        for (const other of body.children) if (Number(other.dataset.index) > item.index) { after = other; break; }
        body.insertBefore(element, after);
        virtualizer.measureElement(element);
      }
      element.style.transform = `translateY(${item.start - virtualizer.options.scrollMargin}px)`;
    }
    for (const [index, element] of made) {
      if (seen.has(index)) continue;
      made.delete(index);
      element.remove();
    }
    body.style.height = `${virtualizer.getTotalSize()}px`;
  }

  /** Shows what is wanted. */
  function show() {
    const all = matching(wanted);
    const counts = new Map();
    for (const at of all) counts.set(owner(at), (counts.get(owner(at)) ?? 0) + 1);
    rows = ordered(wanted.owner.length ? all.filter((at) => wanted.owner.includes(owner(at))) : all, wanted.sort);
    chips.replaceChildren(...OWNER_ORDER.filter((name) => counts.has(name) || wanted.owner.includes(name)).map((name) => {
      const button = make('button', {
        type: 'button', class: `owner owner-${name}`, 'aria-pressed': wanted.owner.includes(name), 'data-owner': name,
      }, shape(OWNER_SHAPE[name]), OWNER_WORD[name], make('span', { class: 'count' }, thousands(counts.get(name) ?? 0)));
      button.addEventListener('click', () => {
        const on = wanted.owner.includes(name);
        change({ owner: on ? wanted.owner.filter((one) => one !== name) : [...wanted.owner, name] });
        chips.querySelector(`[data-owner=${name}]`)?.focus();
      });
      return button;
    }));
    const sorted = wanted.sort.replace(/^-/, '');
    heads.forEach((head, at) => {
      const way = columns[at].key !== sorted ? 'none' : wanted.sort.startsWith('-') ? 'descending' : 'ascending';
      head.setAttribute('aria-sort', way);
    });
    count.textContent = rows.length === ROWS ? counted(ROWS, 'row', 'rows') : `${thousands(rows.length)} of ${counted(ROWS, 'row', 'rows')}`;
    only.replaceChildren();
    if (wanted.finding || wanted.code) {
      const said = wanted.code ? `of findings ${wanted.code}` : `of the finding “${data.findings[wanted.finding]?.title ?? '?'}”`;
      const all = make('button', { type: 'button' }, 'show all');
      all.addEventListener('click', () => change({ finding: '', code: '' }));
      only.append(said, ' ', all);
    }
    clear.hidden = wishAddress({ ...wanted, sort: '' }) === '#/resources';
    none.hidden = rows.length > 0;
    none.textContent = wanted.q ? `Nothing that was listed or claimed has “${wanted.q}” in it.` : 'Nothing that was listed or claimed is like that.';
    table.setAttribute('aria-rowcount', rows.length + 1);
    hold(-1);
    made.clear();
    body.replaceChildren();
    virtualizer.setOptions({
      ...virtualizer.options, count: rows.length,
      scrollMargin: body.getBoundingClientRect().top + window.scrollY,
    });
    virtualizer.measure();
    virtualizer._willUpdate();
    place();
  }

  /** Changes what is wanted, and the address with it. */
  function change(what, quietly) {
    wanted = { ...wanted, ...what };
    const next = wishAddress(wanted);
    if (next !== location.hash) history[quietly ? 'replaceState' : 'pushState'](null, '', next);
    shown.hash = location.hash;
    const top = table.getBoundingClientRect().top + window.scrollY;
    if (window.scrollY > top) window.scrollTo(0, Math.max(0, root.offsetTop - 16));
    show();
  }

  let typed;
  search.addEventListener('input', () => {
    clearTimeout(typed);
    typed = setTimeout(() => change({ q: search.value.trim() }, true), ROWS > 20000 ? 120 : 30);
  });
  search.addEventListener('keydown', (event) => {
    if (event.key === 'ArrowDown' && rows.length) { event.preventDefault(); go(0); }
    if (event.key === 'Escape' && search.value) { event.preventDefault(); search.value = ''; change({ q: '' }, true); }
  });
  clear.addEventListener('click', () => {
    search.value = '';
    for (const one of selects) one.element.value = '';
    change({ q: '', owner: [], project: '', kind: '', region: '', account: '', code: '', finding: '' });
    search.focus();
  });
  const slash = (event) => {
    if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey) return;
    if (/^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement?.tagName)) return;
    event.preventDefault();
    search.focus();
    search.select();
  };
  document.addEventListener('keydown', slash);

  /** Brings the focus to a row. */
  function go(index) {
    hold(Math.max(0, Math.min(index, rows.length - 1)));
    virtualizer.scrollToIndex(held, { align: 'auto' });
    place();
    made.get(held)?.querySelector('a.open').focus({ preventScroll: true });
  }
  body.addEventListener('focusin', (event) => hold(Number(event.target.closest('tr')?.dataset.index ?? -1)));
  body.addEventListener('focusout', (event) => { if (event.relatedTarget && !body.contains(event.relatedTarget)) hold(-1); });
  body.addEventListener('keydown', (event) => {
    const at = Number(event.target.closest('tr')?.dataset.index);
    const page = Math.max(1, Math.floor(window.innerHeight / 45) - 3);
    const to = {
      ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + page, PageUp: at - page, Home: 0, End: rows.length - 1,
    }[event.key];
    if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    if (to < 0) search.focus();
    else go(to);
  });
  body.addEventListener('click', (event) => {
    // The whole row leads to its page; a selection of text is not a click.
    if (event.target.closest('a, button') || String(getSelection())) return;
    event.target.closest('tr')?.querySelector('a.open').click();
  });

  const before = () => {
    printing = true;
    table.classList.add('printed');
    made.clear();
    body.replaceChildren(...rows.slice(0, PRINTED).map((_, index) => line(index)));
    body.style.height = 'auto';
    if (rows.length > PRINTED) {
      body.append(make('tr', { role: 'row' }, make('td', { role: 'cell', class: 'c-name' },
        `and ${thousands(rows.length - PRINTED)} more, which are not printed: search or filter first`)));
    }
  };
  const after = () => {
    printing = false;
    table.classList.remove('printed');
    show();
  };
  window.addEventListener('beforeprint', before);
  window.addEventListener('afterprint', after);
  const turned = () => {
    guess = wide.matches ? 45 : 84;
    if (!printing) show();
  };
  wide.addEventListener('change', turned);

  show();
  return {
    /** The address changed while the page stayed. */
    again(next) {
      wanted = wish(next);
      search.value = wanted.q;
      for (const one of selects) one.element.value = wanted[one.name];
      show();
    },
    end() {
      end();
      clearTimeout(typed);
      document.removeEventListener('keydown', slash);
      window.removeEventListener('beforeprint', before);
      window.removeEventListener('afterprint', after);
      wide.removeEventListener('change', turned);
    },
  };
}
