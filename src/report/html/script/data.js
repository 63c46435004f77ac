// Reads what src/report/html/data.rs wrote: columns of numbers, and words with the row's own parts left out.

const data = JSON.parse(document.getElementById('data').textContent);
document.getElementById('data').remove();

function column(packed, length) {
  if (packed === undefined) return new Array(length ?? 0).fill(0);
  if (Array.isArray(packed)) return packed;
  const out = [];
  const runs = packed.r ?? packed.d;
  let sum = 0;
  for (let at = 0; at < runs.length; at += 2) {
    for (let times = runs[at + 1]; times > 0; times--) {
      if (packed.r) out.push(runs[at]);
      else out.push((sum += runs[at]));
    }
  }
  return out;
}

const ROWS = data.id.length;
const LIVE = data.live;
const row = {};
for (const [name, packed] of Object.entries(data.rows)) row[name] = column(packed);
const claim = {};
for (const name of ['project', 'note', 'held', 'facet']) claim[name] = column(data.claims[name]);
const edge = { from: column(data.edges.from), via: column(data.edges.via) };

/** Where each row's items begin; one more than there are rows. */
function starts(counts, length) {
  const out = new Uint32Array(length + 1);
  for (let at = 0; at < length; at++) out[at + 1] = out[at] + counts[at];
  return out;
}
const claimsFrom = starts(row.claims, ROWS);
const usersFrom = starts(row.users ?? [], LIVE);

const OWNERS = ['managed', 'shared', 'unmanaged', 'delegated', 'aws_made', 'undecided', 'missing', 'not_seen'];
/** In the order in which a person should look at them. */
const OWNER_ORDER = ['shared', 'missing', 'unmanaged', 'undecided', 'not_seen', 'managed', 'delegated', 'aws_made'];
const OWNER_WORD = {
  managed: 'managed', shared: 'shared', unmanaged: 'unmanaged', delegated: 'delegated', aws_made: 'made by AWS',
  undecided: 'undecided', missing: 'missing', not_seen: 'not seen',
};

/** The claim that owns a row: the first on itself, else the first. */
function ownClaim(at) {
  for (let number = claimsFrom[at]; number < claimsFrom[at + 1]; number++) if (!claim.facet[number]) return number;
  return claimsFrom[at] < claimsFrom[at + 1] ? claimsFrom[at] : -1;
}

function arn(at) {
  return data.words[row.arn[at]].replace(/\u0002/g, () => data.id[at]);
}

/** A word as it reads in a row. */
function expand(text, at) {
  if (!/[\u0001-\u0004]/.test(text)) return text;
  return text.replace(/[\u0001-\u0004]/g, (mark) => {
    switch (mark) {
      case '\u0001': return arn(at);
      case '\u0002': return data.id[at];
      case '\u0003': return ownClaim(at) < 0 ? '' : data.address[ownClaim(at)];
      default: return data.name[at];
    }
  });
}

const word = (name, at) => expand(data.words[row[name][at]], at);
const kindOf = (at) => data.kinds[row.kind[at]];
const owner = (at) => OWNERS[row.owner[at]];
const projectsOf = (at) => data.project_sets[row.projects[at]];
const tagsOf = (at) => data.tag_sets[row.tags[at]].map((pair) => {
  const [key, value] = data.tags[pair];
  return [data.words[key], expand(data.words[value], at)];
});
const title = (at) => (at < LIVE ? `${kindOf(at)[1]} ${word('label', at)}` : word('label', at));

/** Where a row's page is. */
function address(at) {
  if (at < LIVE) return route('resource', arn(at));
  return route('claim', `${data.address[claimsFrom[at]]}${data.words[claim.held[claimsFrom[at]]]}`);
}

// What is asked for only by some pages is made when it is first asked for.
function once(build) {
  let value;
  return () => (value ??= build());
}

const byArn = once(() => {
  const out = new Map();
  for (let at = 0; at < LIVE; at++) {
    const key = arn(at);
    if (out.has(key)) out.get(key).push(at);
    else out.set(key, [at]);
  }
  return out;
});

const byClaim = once(() => {
  const out = new Map();
  for (let at = LIVE; at < ROWS; at++) {
    const key = `${data.address[claimsFrom[at]]}${data.words[claim.held[claimsFrom[at]]]}`;
    if (!out.has(key)) out.set(key, []);
    out.get(key).push(at);
  }
  return out;
});

/** Edges by the resource that they start at: `uses.of(at)` are numbers of edges, `target[number]` is where each ends. */
const outgoing = once(() => {
  const target = new Uint32Array(edge.from.length);
  const counts = new Uint32Array(LIVE);
  for (let at = 0; at < LIVE; at++) {
    for (let number = usersFrom[at]; number < usersFrom[at + 1]; number++) {
      target[number] = at;
      if (edge.from[number] >= 0) counts[edge.from[number]]++;
    }
  }
  const from = starts(counts, LIVE);
  const next = from.slice();
  const numbers = new Uint32Array(from[LIVE]);
  edge.from.forEach((source, number) => {
    if (source >= 0) numbers[next[source]++] = number;
  });
  return { target, of: (at) => numbers.subarray(from[at], from[at + 1]) };
});

const partsOf = once(() => {
  const out = new Map();
  row.whole.forEach((whole, at) => {
    if (whole < 0) return;
    if (!out.has(whole)) out.set(whole, []);
    out.get(whole).push(at);
  });
  return out;
});

/** The whole of a part, up to the top; itself where it is no part. */
function topOf(at) {
  let top = at;
  for (let step = 0; step < 8 && row.whole[top] >= 0; step++) top = row.whole[top];
  return top;
}

/** What stands on a resource, directly or through others, as `Ledger::stands_on` has it. */
function standsOn(live) {
  const own = topOf(live);
  const seen = new Set();
  const open = own === live ? [live, ...(partsOf().get(live) ?? [])] : [live];
  while (open.length) {
    const at = open.pop();
    for (let number = usersFrom[at]; number < usersFrom[at + 1]; number++) {
      if (edge.from[number] < 0) continue;
      const user = topOf(edge.from[number]);
      if (user === live || user === own || seen.has(user)) continue;
      seen.add(user);
      open.push(user);
    }
  }
  return [...seen].sort((a, b) => a - b);
}

/** Which stacks of which duplicate sets a resource is in: `[set, stack]`. */
const stacksOf = once(() => {
  const out = new Map();
  for (const set of data.duplicates) {
    for (const stack of set) {
      for (const name of ['rows', 'bare', 'nameless']) stack[name] = column(stack[name]);
      for (const at of stack.rows) {
        if (!out.has(at)) out.set(at, []);
        out.get(at).push([set, stack]);
      }
    }
  }
  return out;
});

const findingRows = once(() => data.findings.map((finding) => column(finding.rows)));
const findingsOf = once(() => {
  const out = new Map();
  findingRows().forEach((rows, number) => {
    for (const at of rows) {
      if (!out.has(at)) out.set(at, []);
      out.get(at).push(number);
    }
  });
  return out;
});

/** What a search looks through: one line of lower-case text for each row. */
const haystack = once(() => {
  const tagLines = data.tag_sets.map((pairs) =>
    pairs.map((pair) => `${data.words[data.tags[pair][0]]}=${data.words[data.tags[pair][1]]}`).join('\n'));
  const projectLines = data.project_sets.map((set) => set.map((at) => data.projects[at]).join('\n'));
  const out = new Array(ROWS);
  for (let at = 0; at < ROWS; at++) {
    const kind = kindOf(at);
    let line = `${data.name[at]}\n${arn(at)}\n${data.id[at]}\n${kind[0]}\n${kind[1]}\n${OWNER_WORD[owner(at)]}\n${
      projectLines[row.projects[at]]}\n${data.words[row.account[at]]} ${data.words[row.region[at]]}\n${
      expand(tagLines[row.tags[at]], at)}`;
    for (let number = claimsFrom[at]; number < claimsFrom[at + 1]; number++) line += `\n${data.address[number]}`;
    out[at] = line.toLowerCase();
  }
  return out;
});
