// Ownership and projects are said by a word, a shape and a colour; the colour alone says nothing.

const OWNER_SHAPE = {
  managed: '●', shared: '◐', unmanaged: '○', delegated: '◆', aws_made: '□', undecided: '?', missing: '×', not_seen: '…',
};
const PROJECT_SHAPES = ['■', '●', '▲', '◆', '▼', '★', '⬢'];
const PROJECT_COLOURS = 8;

const shape = (text) => make('span', { class: 'shape', 'aria-hidden': 'true' }, text);

function ownerBadge(at) {
  const name = owner(at);
  return make('span', { class: `owner owner-${name}` }, shape(OWNER_SHAPE[name]), OWNER_WORD[name]);
}

const projectShape = (number) => PROJECT_SHAPES[number % PROJECT_SHAPES.length];
const projectClass = (number) => `project-${number % PROJECT_COLOURS}`;

function projectChip(number, link) {
  const inside = [shape(projectShape(number)), foreign(data.projects[number])];
  const name = `project ${projectClass(number)}`;
  return link
    ? make('a', { class: name, href: route('project', data.projects[number]) }, inside)
    : make('span', { class: name }, inside);
}

const day = (seconds) => new Date(seconds * 1000).toISOString().slice(0, 10);
const moment = (seconds) => `${new Date(seconds * 1000).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

/** An id as it stands in lists: of an ARN what follows the account, as in sentences; its page has the whole. */
const shortId = (id) => (/^arn:(?:[^:]*:){4}./.test(id) ? id.split(':').slice(5).join(':') : id);

/** A link to a row's page. */
const link = (at, text) => make('a', { href: address(at) }, prose(text));

/** What `whose explain` calls a neighbour: `subnet subnet-1 (public) of platform, aws_subnet.public`. */
function named(at) {
  const own = ownClaim(at);
  const rest = own < 0 ? `, ${owner(at)}` : ` of ${data.projects[claim.project[own]]}, ${data.address[own]}`;
  return { at, text: title(at), rest, project: own < 0 ? -1 : claim.project[own] };
}

/** Foreign text in which an id is not broken at its hyphens; as `Html::prose`. */
const prose = (text, attributes) => make('bdi', attributes, text.split(/( )/).map((one) =>
  one.length <= 36 && one.includes('-') && /[0-9]/.test(one) ? make('span', { class: 'w' }, one) : one));
