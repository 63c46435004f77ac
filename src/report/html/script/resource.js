// The page of one resource or absent claim: what `whose explain` says, in its words, with links both ways.

/** Neighbours that are shown at once; the others fold away. */
const NEIGHBOURS = 20;

function facts() {
  const list = make('dl', { class: 'facts' });
  return {
    list,
    add(label, ...what) {
      list.append(make('div', { class: `fact fact-${label.replace(/ /g, '-')}` }, make('dt', {}, label), make('dd', {}, what)));
    },
    /** Many of one sort; a list, folded where it is long. */
    many(label, items) {
      if (!items.length) return;
      const rows = items.map((item) => make('li', {}, item));
      const some = make('ul', {}, rows.slice(0, NEIGHBOURS));
      const more = rows.length > NEIGHBOURS
        ? make('details', { class: 'more' }, make('summary', {}, `and ${thousands(rows.length - NEIGHBOURS)} more`), make('ul', {}, rows.slice(NEIGHBOURS)))
        : null;
      this.add(label, some, more);
    },
  };
}

/** A text that will be copied whole, and a button that does it. */
function copied(text, what) {
  const code = make('code', { class: 'copied' }, text);
  if (!navigator.clipboard) return code;
  const button = make('button', { type: 'button', class: 'copy', 'aria-label': `Copy the ${what}` }, 'copy');
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = 'copied';
      announce(`The ${what} is copied.`);
    } catch {
      getSelection().selectAllChildren(code);
      button.textContent = 'selected';
    }
    setTimeout(() => { button.textContent = 'copy'; }, 1500);
  });
  return [code, ' ', button];
}

/** A neighbour in one line, with what connects it. */
function neighbour(one, via) {
  return [
    one.at >= 0 ? link(one.at, one.text) : foreign(one.text),
    one.project >= 0
      ? make('span', { class: 'rest' }, ' of ', projectChip(one.project, true), foreign(one.rest.slice(` of ${data.projects[one.project]}`.length)))
      : one.rest ? foreign(one.rest, { class: 'rest' }) : null,
    via ? make('span', { class: 'via' }, ` (${via})`) : null,
  ];
}

const said = (one) => `${one.text}${one.rest}${one.via ?? ''}`;

/** Sorted by what they say, each once. */
function distinct(items) {
  const seen = new Map(items.map((item) => [`${said(item)} (${item.link ?? ''})`, item]));
  return [...seen].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, item]) => item);
}

const READS = 'a data source';

/** What uses it, and the data sources that read it: the next plan of their project fails without it, and nothing live falls. */
function users(at) {
  const [used, read] = [[], []];
  for (let number = usersFrom[at]; number < usersFrom[at + 1]; number++) {
    const from = edge.from[number];
    const via = data.words[edge.via[number]];
    if (from >= 0) {
      used.push({ ...named(from), link: via });
    } else {
      const [said, project, what, place] = data.readers[-1 - from];
      const list = data.words[what] === READS ? read : used;
      list.push({ at: place, text: said, rest: ` of ${data.projects[project]}, ${data.words[what]}`, project, link: via });
    }
  }
  return { used: distinct(used), read: distinct(read) };
}

/** What would break, by project; what holds data by name and first. */
function broken(at) {
  const byProject = new Map();
  for (const user of standsOn(at)) {
    const names = projectsOf(user).map((number) => data.projects[number]);
    const project = names.length ? names.join(' and ') : owner(user);
    if (!byProject.has(project)) byProject.set(project, { data: [], kinds: new Map() });
    const { data: held, kinds } = byProject.get(project);
    if (kindOf(user)[2]) held.push(user);
    else kinds.set(kindOf(user), (kinds.get(kindOf(user)) ?? 0) + 1);
  }
  const byText = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
  return [...byProject]
    .sort(([a, x], [b, y]) => Boolean(y.data.length) - Boolean(x.data.length) || byText(a, b))
    .map(([project, { data: held, kinds }]) => {
      const parts = held.slice(0, NEIGHBOURS).map((one) => [link(one, title(one)), ' (holds data)']);
      if (held.length > NEIGHBOURS) parts.push(`${held.length - NEIGHBOURS} more with data`);
      for (const [kind, count] of [...kinds].sort(([a], [b]) => byText(a[1], b[1]))) parts.push(`${count} ${count === 1 ? kind[1] : kind[3]}`);
      return [foreign(`${project}: `), parts.map((part, number) => [number ? ', ' : null, part])];
    });
}

/** Where it stands twice, and what its twins are. */
function twins(at) {
  const top = topOf(at);
  return (stacksOf().get(top) ?? []).map(([set, own]) => {
    const mine = own.rows.indexOf(top);
    const found = set.filter((stack) => stack !== own).flatMap((stack) => stack.rows
      .filter((other, place) => row.kind[other] === row.kind[top] && (own.nameless[mine] || stack.bare[place] === own.bare[mine]))
      .map((other) => [link(other, word('label', other)), ` of ${stack.letter}`]));
    return { place: own.place, found };
  });
}

function uses(at) {
  const { target, of } = outgoing();
  return distinct([...of(at)].map((number) => ({ ...named(target[number]), link: data.words[edge.via[number]] })));
}

function claimLine(number) {
  const text = ` as ${data.address[number]}${data.words[claim.note[number]]}${data.words[claim.held[number]]}`;
  return [projectChip(claim.project[number], true), foreign(text)];
}

function findingList(at) {
  const numbers = findingsOf().get(at) ?? [];
  if (!numbers.length) return null;
  return make('section', { class: 'named-in', 'aria-label': 'Findings' },
    make('h2', {}, 'Findings that name it'),
    make('ul', {}, numbers.map((number) => {
      const { code, severity, title: text } = data.findings[number];
      return make('li', {}, make('span', { class: `severity ${severity}` }, severity.toUpperCase()), ' ', make('code', {}, code), ' ',
        make('a', { href: `#/finding/${number}` }, foreign(text)));
    })));
}

function resourceSection(at) {
  const { list, add, many } = (() => { const made = facts(); return { list: made.list, add: made.add, many: made.many.bind(made) }; })();
  const [type, , data_] = kindOf(at);
  add('kind', make('code', {}, type), ' ', make('a', { class: 'aside', href: wishAddress(wish(`kind=${encodeURIComponent(type)}`)) }, 'all of this kind'));
  add('where', `account ${data.words[row.account[at]]}, ${data.words[row.region[at]]}`);
  if (row.created[at]) add('created', `${moment(row.created[at])}${word('age', at)}`);
  if (data_) add('data', 'it holds data that a deletion loses');
  if (word('delegate', at)) add('managed by', foreign(word('delegate', at)));
  if (word('likely', at)) add('likely', foreign(word('likely', at)), ', by its tags; no state says so');
  if (word('orphan', at)) add('orphan', word('orphan', at));
  if (word('cost', at)) add('cost', word('cost', at));
  const claims = [];
  for (let number = claimsFrom[at]; number < claimsFrom[at + 1]; number++) claims.push(claimLine(number));
  if (claims.length) many('claims', claims);
  else add('claims', 'none');
  const whole = row.whole[at];
  if (whole >= 0) add('part of', link(whole, title(whole)), `: ${word('part', at)}`);
  else if (word('part', at)) add('part of', foreign(word('part', at)));
  many('parts', (partsOf().get(at) ?? []).map((part) => neighbour(named(part))));
  const { used, read } = users(at);
  if (!used.length && !read.length) add('used by', data.unused);
  many('used by', used.map((one) => neighbour(one, one.link)));
  many('read by', read.map((one) => neighbour(one, one.link)));
  many('uses', uses(at).map((one) => neighbour(one, one.link)));
  many('would break', broken(at));
  for (const { place, found } of twins(at)) {
    add('duplicate', prose(place));
    many('twins', found);
  }
  const tags = tagsOf(at);
  if (tags.length) many('tags', tags.map(([key, value]) => [foreign(key, { class: 'key' }), ' = ', foreign(value)]));
  if (word('import', at)) add('import', copied(word('import', at), 'command'));
  add('arn', copied(arn(at), 'ARN'));
  return list;
}

function claimSection(at) {
  const { list, add } = facts();
  const number = claimsFrom[at];
  add('claimed by', projectChip(claim.project[number], true), foreign(data.words[claim.held[number]]));
  add('type', make('code', {}, kindOf(at)[0]));
  if (data.words[row.region[at]]) add('region', data.words[row.region[at]]);
  if (data.id[at]) add('id', copied(data.id[at], 'id'));
  if (arn(at)) add('arn', copied(arn(at), 'ARN'));
  return list;
}

/** One resource, or all that one address names. */
function resourcePage(root, rows, asked) {
  root.append(make('p', { class: 'back' }, make('a', { href: '#/resources' }, '← Resources')));
  if (!rows.length) {
    root.append(make('h1', { tabindex: '-1' }, 'Not in this report'),
      make('p', { class: 'missing-page' }, 'Nothing that was listed or claimed has the address ', make('code', {}, asked ?? ''), '.'),
      make('p', {}, 'It may be gone, or stand among what could not be seen. ',
        make('a', { href: wishAddress(wish(`q=${encodeURIComponent((asked ?? '').split(/[/:]/).pop())}`)) }, 'Search for it.')));
    return;
  }
  rows.forEach((at, position) => {
    const projects = projectsOf(at);
    root.append(
      make(position ? 'h2' : 'h1', { tabindex: '-1', class: 'subject' }, prose(title(at))),
      make('p', { class: 'whose' }, ownerBadge(at), ' ', projects.map((number) => [projectChip(number, true), ' '])),
      make('div', { class: `verdict is-${owner(at)}` },
        make('p', {}, make('b', {}, at < LIVE ? 'ownership' : 'status'), ' ', prose(word('whose', at))),
        make('p', { class: 'do' }, make('b', {}, 'do'), ' ', prose(word('todo', at)))),
      at < LIVE ? resourceSection(at) : claimSection(at));
    if (at < LIVE) {
      const picture = neighbourhood(at);
      if (picture) root.append(picture);
    }
    root.append(findingList(at) ?? '');
  });
}
