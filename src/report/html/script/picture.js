// Pictures: a project's stack with who else uses it, and a resource between what it uses and what uses it.
//
// Boxes stand in columns: what a thing uses stands to its right; only other projects use from the right. Whatever a picture says, a list beside it says too.

const BOX = { width: 206, head: 26, line: 19, pad: 8, gap: 16, between: 68 };
/** Columns of a stack's picture, those of others included: it fits a common screen. */
const COLUMNS_OF_STACK = 5;
/** Members of a box that have a line of their own. */
const LINES = 5;
/** Kinds on each side of a resource. */
const KINDS = 7;

/** Cuts a text to what fits into a box; the whole text stands in its title. */
function fit(text, columns) {
  let used = 0;
  let out = '';
  for (const c of text) {
    used += c.codePointAt(0) > 0x1100 ? 2 : 1;
    if (used > columns) return `${out}…`;
    out += c;
  }
  return out;
}

/**
 * Draws boxes `{ column, title, members: [{ at, text, mark }], more, style, order }` and lines
 * `{ from, to, style }`: from the box that uses, to the one that is used.
 */
function picture(label, boxes, lines, heads, atTop) {
  for (const box of boxes) {
    box.height = BOX.head + (box.members.length + (box.more ? 1 : 0)) * BOX.line + (box.members.length || box.more ? BOX.pad : 2);
  }
  const columns = [];
  for (const box of boxes) (columns[box.column] ??= []).push(box);
  for (let at = 0; at < columns.length; at++) columns[at] ??= [];
  const around = new Map(boxes.map((box) => [box, []]));
  for (const one of lines) {
    around.get(one.from).push(one.to);
    around.get(one.to).push(one.from);
  }
  // Each box goes to the middle of its neighbours, a few times, from both sides: fewer lines cross.
  const spread = () => columns.forEach((column) => {
    let y = 0;
    for (const box of column) { box.y = y; y += box.height + BOX.gap; }
    column.total = y - BOX.gap;
  });
  const middle = () => {
    const tallest = Math.max(...columns.map((column) => column.total ?? 0));
    // A tall picture begins at the top in every column, so that a small screen shows something of each.
    if (!atTop) columns.forEach((column) => column.forEach((box) => { box.y += (tallest - column.total) / 2; }));
    return tallest;
  };
  spread();
  let tallest = middle();
  for (let sweep = 0; sweep < 6; sweep++) {
    const way = sweep % 2 ? [...columns].reverse() : columns;
    for (const column of way) {
      const wish = new Map(column.map((box) => {
        const ys = around.get(box).map((other) => other.y + other.height / 2);
        return [box, ys.length ? ys.reduce((sum, y) => sum + y, 0) / ys.length : box.y + box.height / 2];
      }));
      column.sort((a, b) => wish.get(a) - wish.get(b) || a.order - b.order);
    }
    spread();
    tallest = middle();
  }
  const top = heads ? 34 : 8;
  const width = columns.length * (BOX.width + BOX.between) - BOX.between + 16;
  const height = tallest + top + 12;
  for (const box of boxes) { box.x = 8 + box.column * (BOX.width + BOX.between); box.y += top; }

  const paths = lines.map((one) => {
    const [from, to] = [one.from, one.to];
    const middleOf = (box) => box.y + BOX.head / 2;
    const [y1, y2] = [middleOf(from), middleOf(to)];
    const bend = (x1, x2) => Math.max(24, Math.min(90, Math.abs(x1 - x2) / 2));
    let way;
    if (from.column < to.column) {
      const [x1, x2] = [from.x + BOX.width, to.x];
      way = `M${x1} ${y1}C${x1 + bend(x1, x2)} ${y1} ${x2 - bend(x1, x2)} ${y2} ${x2} ${y2}`;
    } else if (from.column > to.column) {
      const [x1, x2] = [from.x, to.x + BOX.width];
      way = `M${x1} ${y1}C${x1 - bend(x1, x2)} ${y1} ${x2 + bend(x1, x2)} ${y2} ${x2} ${y2}`;
    } else {
      const out = from.x - Math.min(34, 14 + Math.abs(y1 - y2) / 20);
      way = `M${from.x} ${y1}C${out} ${y1} ${out} ${y2} ${to.x} ${y2}`;
    }
    one.path = draw('path', { d: way, class: `edge ${one.style ?? ''}` });
    return one.path;
  });
  const drawn = boxes.map((box) => {
    const group = draw('g', { class: `box ${box.style ?? ''}`, transform: `translate(${box.x} ${box.y})` },
      draw('rect', { width: BOX.width, height: box.height, rx: 6 }),
      draw('text', { class: 'head', x: 10, y: 18 }, draw('title', {}, box.title), fit(box.title, 27)),
      box.members.map((member, line) => {
        const y = BOX.head + line * BOX.line + 13;
        const inside = [draw('title', {}, member.said ?? member.text), fit(`${member.mark ?? ''}${member.text}`, 28)];
        const text = draw('text', { x: 10, y, class: member.style ?? '' }, inside);
        return member.at >= 0 ? draw('a', { href: address(member.at) }, text) : text;
      }),
      box.more
        ? draw(box.moreLink ? 'a' : 'g', { href: box.moreLink },
          draw('text', { class: 'quiet', x: 10, y: BOX.head + box.members.length * BOX.line + 13 }, `and ${thousands(box.more)} more`))
        : null);
    // The lines of the box under the pointer or focus stand out.
    const mark = (on) => () => {
      for (const one of lines) if (one.from === box || one.to === box) one.path.classList.toggle('lit', on);
    };
    for (const [event, on] of [['pointerenter', true], ['focusin', true], ['pointerleave', false], ['focusout', false]]) {
      group.addEventListener(event, mark(on));
    }
    return group;
  });
  const svg = draw('svg', {
    class: 'picture', viewBox: `0 0 ${width} ${height}`, width, height, role: 'group', 'aria-label': label,
  }, (heads ?? []).map((head) => draw('text', { class: 'column-head', x: 8 + head.column * (BOX.width + BOX.between), y: 18 }, head.text)),
  paths, drawn);
  return make('div', { class: 'scroll', role: 'region', tabindex: '0', 'aria-label': label }, svg);
}

const nameOf = (at) => data.name[at] || word('label', at);

/** Rows as lines of a box: what other projects are on first. */
function members(rows, foreignOnes) {
  const first = (at) => (foreignOnes?.has(at) ? 0 : owner(at) === 'shared' ? 1 : 2);
  const sorted = rows.slice().sort((a, b) => first(a) - first(b) || a - b);
  const few = sorted.length <= LINES + 1 ? sorted : sorted.slice(0, LINES);
  return {
    members: few.map((at) => ({
      at, text: nameOf(at), said: title(at), mark: `${OWNER_SHAPE[owner(at)]} `, style: `text-${owner(at)}`,
    })),
    more: sorted.length - few.length,
  };
}

const boxTitle = (kind, rows) => (rows.length > 1 ? `${kind} × ${rows.length}` : kind);

/** A resource between what it uses and what uses it. */
function neighbourhood(at) {
  const { used, read } = users(at);
  const [left, right] = [uses(at), [...used, ...read]];
  const parts = partsOf().get(at) ?? [];
  if (!left.length && !right.length) return null;
  const boxes = [{ column: right.length ? 1 : 0, title: kindOf(at)[1], ...members([at]), style: 'self', order: 0 }];
  const lines = [];
  const side = (all, column, isUser) => {
    const byKind = new Map();
    for (const one of all) {
      const key = `${one.at >= 0 ? kindOf(one.at)[1] : 'read by'}\n${one.project}`;
      if (!byKind.has(key)) byKind.set(key, []);
      const some = byKind.get(key);
      if (one.at < 0 || !some.some((other) => other.at === one.at)) some.push(one);
    }
    const own = projectsOf(at);
    const isOther = (key) => { const number = Number(key.split('\n')[1]); return number >= 0 && !own.includes(number); };
    const kinds = [...byKind].sort(([a], [b]) => isOther(b) - isOther(a));
    const few = kinds.length > KINDS + 1 ? kinds.slice(0, KINDS) : kinds;
    if (few.length < kinds.length) {
      const rest = kinds.slice(KINDS).reduce((sum, [, some]) => sum + some.length, 0);
      const box = { column, order: KINDS, title: `and ${thousands(rest)} more`, members: [], style: 'rest' };
      boxes.push(box);
      lines.push(isUser ? { from: box, to: boxes[0] } : { from: boxes[0], to: box });
    }
    few.forEach(([key, some], order) => {
      const [kind, project] = key.split('\n');
      const number = Number(project);
      const live = some.filter((one) => one.at >= 0).map((one) => one.at);
      const box = {
        column, order,
        title: number >= 0 && !own.includes(number) ? `${projectShape(number)} ${data.projects[number]}: ${boxTitle(kind, some)}` : boxTitle(kind, some),
        style: number >= 0 && !own.includes(number) ? `foreign ${projectClass(number)}` : '',
        ...(live.length ? members(live) : {
          members: some.slice(0, LINES).map((one) => ({ at: one.at, text: one.text, said: said(one) })),
          more: Math.max(0, some.length - LINES),
        }),
      };
      boxes.push(box);
      const style = box.style;
      lines.push(isUser ? { from: box, to: boxes[0], style } : { from: boxes[0], to: box, style });
    });
  };
  side(right, 0, true);
  side(left, boxes[0].column + 1, false);
  const heads = [
    ...(right.length ? [{ column: 0, text: 'used by' }] : []),
    ...(left.length ? [{ column: boxes[0].column + 1, text: 'uses' }] : []),
  ];
  return make('figure', {},
    picture('What it uses and what uses it', boxes, lines, heads),
    make('figcaption', {}, `What uses it stands left, what it uses right${parts.length ? '; its parts are in the list' : ''}. The lists say the same.`));
}

/** What the pictures of projects need, per project: rows, and edges that cross its border. */
const borders = once(() => {
  const { target } = outgoing();
  const out = data.projects.map(() => ({ rows: [], into: [], outof: [] }));
  for (let at = 0; at < LIVE; at++) for (const project of projectsOf(at)) out[project].rows.push(at);
  for (let at = LIVE; at < ROWS; at++) for (const project of projectsOf(at)) (out[project].absent ??= []).push(at);
  edge.from.forEach((from, number) => {
    const to = target[number];
    const reader = from < 0 ? data.readers[-1 - from] : null;
    const users = reader ? [reader[1]] : projectsOf(from);
    const used = projectsOf(to);
    const via = data.words[edge.via[number]];
    for (const project of used) {
      if (!users.includes(project)) out[project].into.push({ from, to, reader, via, project: users[0] ?? -1 });
    }
    for (const project of users) {
      if (!used.includes(project)) out[project].outof.push({ from, to, reader, via, project: used[0] ?? -1 });
    }
  });
  return out;
});

function stackPicture(project) {
  const { rows, into, outof } = borders()[project];
  const mine = new Set(rows);
  const { target, of } = outgoing();
  const groups = new Map();
  for (const at of rows) {
    const kind = row.kind[at];
    if (!groups.has(kind)) groups.set(kind, { kind, rows: [], uses: new Set() });
    groups.get(kind).rows.push(at);
  }
  for (const at of rows) {
    for (const number of of(at)) {
      const to = target[number];
      // A whole and its parts hold on to each other: only the part's side says what stands on what.
      if (row.whole[to] === at) continue;
      if (mine.has(to) && row.kind[to] !== row.kind[at]) groups.get(row.kind[at]).uses.add(row.kind[to]);
    }
  }
  // The column: one further right than whatever it uses; an edge that closes a ring does not count.
  const depth = new Map();
  const path = new Set();
  const settle = (kind) => {
    if (depth.has(kind)) return depth.get(kind);
    path.add(kind);
    let most = 0;
    for (const other of groups.get(kind).uses) {
      if (path.has(other)) groups.get(kind).uses.delete(other);
      else most = Math.max(most, settle(other) + 1);
    }
    path.delete(kind);
    depth.set(kind, most);
    return most;
  };
  // Whoever is used least begins, so that a ring is opened where the most used would use.
  const popular = new Map([...groups.keys()].map((kind) => [kind, 0]));
  for (const group of groups.values()) for (const other of group.uses) popular.set(other, popular.get(other) + 1);
  for (const kind of [...groups.keys()].sort((a, b) => popular.get(a) - popular.get(b) || a - b)) settle(kind);
  // What follows from other lines is not drawn.
  const reach = new Map();
  const reached = (kind) => {
    if (reach.has(kind)) return reach.get(kind);
    const all = new Set();
    reach.set(kind, all);
    for (const other of groups.get(kind).uses) { all.add(other); for (const far of reached(other)) all.add(far); }
    return all;
  };
  for (const kind of groups.keys()) reached(kind);
  const implied = (kind, other) => [...groups.get(kind).uses].some((third) => third !== other && reached(third).has(other));

  const lent = new Set(into.map((one) => one.to));
  const isLent = (group) => group.rows.some((at) => lent.has(at));
  // From the left: what is used from others; the project's own, those that use before those that are used; what it
  // lends, in a column of its own, beside those who use it. So no line to others crosses the stack.
  // What is used from others stands right as well, where nobody uses from there.
  const before = outof.length && into.length ? 1 : 0;
  const home = [...groups.values()].filter((group) => !isLent(group));
  const linked = home.filter((group) => group.uses.size || home.some((other) => other.uses.has(group.kind)));
  const depths = [...new Set(linked.map((group) => depth.get(group.kind)))].sort((a, b) => b - a);
  const room = COLUMNS_OF_STACK - before - (into.length ? 2 : outof.length ? 1 : 0);
  const columns = Math.max(1, Math.min(room, depths.length));
  const tall = (group) => Math.min(group.rows.length, LINES + 1) * BOX.line + BOX.head + BOX.gap;
  const heights = new Array(columns).fill(0);
  const columnOf = new Map();
  const settleIn = (group, column) => {
    columnOf.set(group.kind, column);
    heights[column] += tall(group);
  };
  for (const group of linked) settleIn(group, Math.floor((depths.indexOf(depth.get(group.kind)) * columns) / depths.length));
  // Those that nothing connects fill up the shortest column.
  for (const group of home) if (!linked.includes(group)) settleIn(group, heights.indexOf(Math.min(...heights)));
  const used = home.length ? columns : 0;
  for (const group of groups.values()) if (isLent(group)) columnOf.set(group.kind, used);
  const boxes = [];
  const boxOf = new Map();
  for (const group of groups.values()) {
    const box = {
      column: before + columnOf.get(group.kind),
      title: boxTitle(data.kinds[group.kind][1], group.rows),
      ...members(group.rows, lent),
      moreLink: wishAddress(wish(`project=${encodeURIComponent(data.projects[project])}&kind=${encodeURIComponent(data.kinds[group.kind][0])}`)),
      order: boxes.length,
      style: isLent(group) ? 'lent' : '',
    };
    boxes.push(box);
    boxOf.set(group.kind, box);
  }
  const lines = [];
  for (const group of groups.values()) {
    for (const other of group.uses) {
      if (!implied(group.kind, other)) lines.push({ from: boxOf.get(group.kind), to: boxOf.get(other) });
    }
  }
  const last = Math.max(0, ...boxes.map((box) => box.column)) + 1;
  const heads = [{ column: before, text: `${projectShape(project)} ${data.projects[project]}` }];
  if (used && into.length) heads.push({ column: before + used, text: `lent by ${data.projects[project]}` });
  /** Those on the other side of the border, one box for each project. */
  const others = (edges, column, isUser) => {
    const byProject = new Map();
    for (const one of edges) {
      if (!byProject.has(one.project)) byProject.set(one.project, []);
      byProject.get(one.project).push(one);
    }
    [...byProject].sort((a, b) => b[1].length - a[1].length).slice(0, 12).forEach(([number, some], order) => {
      const live = [...new Set(some.map((one) => (isUser ? one.from : one.to)).filter((at) => at >= 0))];
      const readers = [...new Set(some.filter((one) => one.reader && isUser).map((one) => one.reader))];
      const shown = members(live);
      const box = {
        column, order,
        title: number < 0 ? '○ no project' : `${projectShape(number)} ${data.projects[number]}`,
        style: number < 0 ? 'foreign' : `foreign ${projectClass(number)}`,
        members: [...shown.members, ...readers.slice(0, LINES).map((one) => ({ at: one[3], text: one[0], said: `${one[0]}, ${data.words[one[2]]}` }))],
        more: shown.more + Math.max(0, readers.length - LINES),
        moreLink: number < 0 ? undefined : route('project', data.projects[number]),
      };
      boxes.push(box);
      // One line for each kind on this side; it is thin where data sources read and nothing more.
      const kinds = new Map();
      for (const one of some) {
        const near = isUser ? one.to : one.from;
        if (near < 0) continue;
        kinds.set(row.kind[near], (kinds.get(row.kind[near]) ?? false) || !one.reader);
      }
      for (const [kind, solid] of kinds) {
        const style = solid ? box.style : `${box.style} reads`;
        lines.push(isUser ? { from: box, to: boxOf.get(kind), style } : { from: boxOf.get(kind), to: box, style });
      }
    });
  };
  if (into.length) { others(into, last, true); heads.push({ column: last, text: 'others that use it' }); }
  if (outof.length) { others(outof, before ? 0 : last, false); heads.push({ column: before ? 0 : last, text: 'used from others' }); }
  return picture(`The stack of ${data.projects[project]} and who else uses it`, boxes, lines, heads, true);
}

/** Lines of what crosses a border, by the other project. */
function crossings(edges, isUser) {
  const byProject = new Map();
  for (const one of edges) {
    if (!byProject.has(one.project)) byProject.set(one.project, []);
    byProject.get(one.project).push(one);
  }
  return [...byProject].map(([number, some]) => {
    // What is live weighs more than what is read.
    const items = [...some].sort((a, b) => Boolean(a.reader) - Boolean(b.reader)).map((one) => {
      const user = one.reader ? foreign(`${one.reader[0]}, ${data.words[one.reader[2]]},`) : link(one.from, title(one.from));
      return make('li', {}, user, ' uses ', link(one.to, title(one.to)), make('span', { class: 'via' }, ` (${one.via})`));
    });
    const shown = items.slice(0, NEIGHBOURS);
    const more = items.slice(NEIGHBOURS, 500);
    return make('section', {},
      make('h3', {}, number < 0 ? 'no project' : projectChip(number, true), ` ${counted(some.length, 'use', 'uses')}`),
      make('ul', { class: 'crossings' }, shown),
      more.length ? make('details', { class: 'more' }, make('summary', {}, `and ${thousands(items.length - NEIGHBOURS)} more`), make('ul', { class: 'crossings' }, more)) : null);
  });
}

function projectPage(root, name) {
  const number = data.projects.indexOf(name);
  root.append(make('p', { class: 'back' }, make('a', { href: '#/projects' }, '← Projects')));
  if (number < 0) {
    root.append(make('h1', { tabindex: '-1' }, 'Not in this report'), make('p', {}, 'No state that was read has the project ', make('code', {}, name ?? ''), '.'));
    return;
  }
  const { rows, into, outof, absent = [] } = borders()[number];
  const count = new Map();
  for (const at of [...rows, ...absent]) count.set(owner(at), (count.get(owner(at)) ?? 0) + 1);
  root.append(
    make('h1', { tabindex: '-1', class: 'subject' }, projectChip(number)),
    make('p', { class: 'whose' }, OWNER_ORDER.filter((one) => count.has(one)).map((one) => [
      make('a', { class: `owner owner-${one}`, href: wishAddress({ ...wish(''), project: name, owner: [one] }) },
        shape(OWNER_SHAPE[one]), OWNER_WORD[one], make('span', { class: 'count' }, thousands(count.get(one)))), ' '])),
    into.length
      ? make('p', { class: 'verdict is-shared' }, make('b', {}, `${counted(new Set(into.map((one) => one.to)).size, 'resource', 'resources')} of it `),
        `${new Set(into.map((one) => one.to)).size === 1 ? 'is' : 'are'} used from outside: destroying ${name} breaks what others have on it.`)
      : make('p', { class: 'verdict is-managed' }, 'Nothing that was listed uses it from outside.'));
  if (rows.length) {
    root.append(make('figure', {}, stackPicture(number),
      make('figcaption', {}, 'One box is one kind; a line runs from a thing to what it uses, on its right. What follows from other lines is left out. ',
        'Broken lines cross the border of the project, fine ones where a data source only reads; the lists below name each.')));
  }
  if (into.length) root.append(make('h2', {}, 'Others that use it'), ...crossings(into, true));
  if (outof.length) root.append(make('h2', {}, 'What it uses of others'), ...crossings(outof, false));
}

function projectsPage(root) {
  root.append(make('h1', { tabindex: '-1' }, 'Projects'));
  if (!data.projects.length) {
    root.append(make('p', {}, 'No state was read, so there are no projects.'));
    return;
  }
  const list = data.projects.map((name, number) => {
    const { rows, into, outof, absent = [] } = borders()[number];
    const on = new Set(into.map((one) => one.project).filter((one) => one >= 0));
    const uses = new Set(outof.map((one) => one.project).filter((one) => one >= 0));
    const missing = absent.filter((at) => owner(at) === 'missing').length;
    const shared = rows.filter((at) => owner(at) === 'shared').length;
    const chips = (set) => [...set].map((one) => [projectChip(one, true), ' ']);
    return make('tr', {},
      make('th', { scope: 'row' }, projectChip(number, true)),
      make('td', { class: 'number' }, make('a', { href: wishAddress({ ...wish(''), project: name }) }, thousands(rows.length))),
      make('td', { class: 'number' }, shared ? thousands(shared) : '–'),
      make('td', { class: `number${missing ? ' alarm' : ''}` }, missing ? thousands(missing) : '–'),
      make('td', {}, on.size ? chips(on) : 'nobody that was listed'),
      make('td', {}, uses.size ? chips(uses) : '–'));
  });
  root.append(make('div', { class: 'scroll', role: 'region', tabindex: '0', 'aria-label': 'Projects' }, make('table', { class: 'plain' },
    make('thead', {}, make('tr', {}, ['Project', 'Resources', 'Shared', 'Missing', 'Used by', 'Uses'].map((text, at) =>
      make('th', { scope: 'col', class: at > 0 && at < 4 ? 'number' : '' }, text)))),
    make('tbody', {}, list))),
  make('p', { class: 'note' }, 'A project’s page has the picture of its stack and of who else uses it.'));
}
