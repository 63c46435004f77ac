// Makes the pages that the tests look at: snapshots as whose writes them, reported as HTML by the binary.

import { execFileSync } from 'node:child_process';
import { writeFileSync, existsSync, statSync } from 'node:fs';
import { join } from 'node:path';

const ACCOUNT = '123456789012';

/** A snapshot of one account in one region; `claims` are `[address, id]` of the one state. */
export function snapshot(path, live, states) {
  const claims = states.flatMap((state, at) => state.claims.map(([address, id]) => ({
    state: at, mode: 'managed', kind: address.match(/(?:^|\.)(aws_[a-z_]+)\./)[1], address,
    provider: 'provider["registry.terraform.io/hashicorp/aws"]', id, region: 'eu-west-1', account: ACCOUNT,
  })));
  const kinds = [...new Set([...live.map((one) => one.kind), ...claims.map((claim) => claim.kind)])];
  const cells = kinds.map((kind) => ({
    kind, account: ACCOUNT, region: 'eu-west-1', status: 'listed', count: live.filter((one) => one.kind === kind).length, detail: null,
  }));
  const lines = [
    { header: { schema: 'whose.snapshot/1', tool: 'test', scanned_at: '2026-07-01T12:00:00Z',
      accounts: [{ id: ACCOUNT, alias: null, partition: 'aws' }], regions: ['eu-west-1'], every_region: true } },
    ...states.map((state) => ({ state: { source: state.source, status: 'read', project: state.project, lineage: `l-${state.source}`,
      serial: 1, terraform_version: '1.11.4', claims: state.claims.length, unknown_types: [], error: null, hint: null } })),
    ...claims.map((claim) => ({ claim })),
    ...cells.map((cell) => ({ cell })),
    ...live.map((one) => ({ live: { account: ACCOUNT, region: 'eu-west-1', ...one } })),
    { end: { states: states.length, claims: claims.length, cells: cells.length, live: live.length } },
  ];
  writeFileSync(path, `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`);
}

/** Has the binary report a snapshot as HTML. */
export function report(whose, from, to) {
  execFileSync(whose, ['report', from, '-o', to, '--fail-on', 'never', '--quiet'], { stdio: 'inherit' });
  return statSync(to).size;
}

const arn = (path, id) => `arn:aws:ec2:eu-west-1:${ACCOUNT}:${path}/${id}`;

/** What somebody may call a thing. */
export const HOSTILE = [
  '</script><script>window.broken = 1</script>',
  '<img src=x onerror="window.broken = 1">',
  '"><svg onload=window.broken=1>',
  '\' onmouseover=\'window.broken=1',
  '<!--<script>', '--> ]]>', '{{constructor.constructor("window.broken=1")()}}',
  'javascript:window.broken=1',
  'שלום עולם', '\u202Eevil\u2028\u2029\u0000\u0001\u0002\u0003', '%E0%A4%A', '../../?#&=+ %',
  '__proto__', 'constructor', '\\u003cb\\u003e', '名前'.repeat(40),
];
export const LONG = 'long-'.repeat(2000);

export function hostile(path) {
  const live = [...HOSTILE, LONG].map((name, at) => ({
    kind: at % 2 ? 'aws_vpc' : 'aws_key_pair', name, id: `${name.slice(0, 60)}#${at}`, arn: arn('x', `${name.slice(0, 60)}#${at}`),
    tags: { Name: name, [name.slice(0, 100)]: name },
  }));
  const claims = live.slice(0, 8).map((one) => [`aws_vpc.this[${JSON.stringify(one.name)}]`, one.id]);
  snapshot(path, live, [
    { source: '"><b>.tfstate', project: HOSTILE[1], claims },
    { source: '<script>.tfstate', project: '</title><script>', claims: [['aws_vpc.gone', '<i>gone</i>']] },
  ]);
}

/** As many resources as wanted, in stacks of ten, in projects of fifty stacks. */
export function large(path, size) {
  const live = [];
  const states = [];
  const hex = (number) => number.toString(16).padStart(17, '0');
  for (let stack = 0; live.length < size; stack++) {
    if (stack % 50 === 0) states.push({ source: `states/project-${states.length}.tfstate`, project: `project-${states.length}`, claims: [] });
    const state = states.at(-1);
    const ids = [];
    const stackOf = ['vpc:vpc', 'subnet:subnet', 'subnet:subnet', 'sg:security_group', 'rtb:route_table', 'i:instance', 'i:instance', 'vol:ebs_volume', 'vol:ebs_volume', 'eni:network_interface'];
    for (const [at, one] of stackOf.entries()) {
      if (live.length === size) break;
      const [prefix, kind] = one.split(':');
      const id = `${prefix}-${hex(stack * 10 + at + 1)}`;
      ids.push(id);
      const references = at === 0 ? {} : at < 5 ? { vpc_id: ids[0] } : at < 7 ? { subnet_id: ids[1], vpc_security_group_ids: [ids[3]] } : {};
      live.push({
        kind: `aws_${kind}`, id, arn: arn(kind.replace('_', '-'), id), name: `${prefix}-of-stack-${stack}`, created_at: '2026-01-02T03:04:05Z',
        tags: { Name: `${prefix}-of-stack-${stack}`, Project: state.project, Team: `team-${stack % 7}` }, configuration: references,
      });
      if (stack % 9) state.claims.push([`module.stack_${stack}.aws_${kind}.this[${at}]`, id]);
    }
  }
  snapshot(path, live, states);
}

if (!existsSync(join(import.meta.dirname, 'node_modules'))) throw new Error('run tests/browser/run');
