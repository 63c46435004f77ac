// The HTML report in a real browser: what a person does with it, and what somebody hostile would like it to do.
//
// Run by tests/browser/run, which sets WHOSE (the binary) and CHROMIUM (the browser).

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';
import { HOSTILE, LONG, hostile, large, report, snapshot } from './make.mjs';

const { WHOSE, CHROMIUM } = process.env;
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'whose-browser-'));
const file = (name) => `file://${join(folder, name)}`;
const DESKTOP = { width: 1440, height: 900 };
const PHONE = { width: 390, height: 844 };
const whose = (...words) => execFileSync(WHOSE, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], env: { ...process.env, NO_COLOR: '1', COLUMNS: '100' } });
const arn = (path) => `arn:aws:ec2:eu-west-1:123456789012:${path}`;

let browser;
before(async () => {
  whose('demo', '-o', join(folder, 'demo.html'));
  const vpc = { kind: 'aws_vpc', id: 'vpc-0a1b2c3d4e5f60718', name: 'main', arn: arn('vpc/vpc-0a1b2c3d4e5f60718'), tags: { Name: 'main', Team: 'core' } };
  const others = Array.from({ length: 300 }, (_, at) => ({
    kind: 'aws_security_group', id: `sg-${String(at).padStart(17, '0')}`, name: `group-${at}`,
    arn: arn(`security-group/sg-${String(at).padStart(17, '0')}`), configuration: { vpc_id: vpc.id },
    created_at: `2026-01-${String(1 + (at % 28)).padStart(2, '0')}T00:00:00Z`,
  }));
  snapshot(join(folder, 'small.jsonl'), [vpc, ...others], [
    { source: 'platform.tfstate', project: 'platform', claims: [['aws_vpc.main', vpc.id], ...others.slice(0, 100).map((one, at) => [`aws_security_group.a[${at}]`, one.id])] },
    { source: 'labs.tfstate', project: 'labs', claims: [...others.slice(100, 150).map((one, at) => [`aws_security_group.b[${at}]`, one.id]), ['aws_subnet.gone', 'subnet-0a1b2c3d4e5f60718']] },
  ]);
  report(WHOSE, join(folder, 'small.jsonl'), join(folder, 'small.html'));
  hostile(join(folder, 'hostile.jsonl'));
  report(WHOSE, join(folder, 'hostile.jsonl'), join(folder, 'hostile.html'));
  browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
});
after(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Opens a page; whatever it complains about, asks for or pops up fails the test. */
async function open(t, address, options = {}) {
  const context = await browser.newContext({ viewport: DESKTOP, ...options });
  const page = await context.newPage();
  const wrong = [];
  page.on('pageerror', (error) => wrong.push(`error: ${error.message}`));
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && wrong.push(`console: ${message.text()}`));
  page.on('dialog', (dialog) => { wrong.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on('request', (request) => request.url().startsWith(`file://${folder}`) || wrong.push(`request: ${request.url()}`));
  await page.goto(address);
  t.after(async () => {
    await context.close();
    assert.deepEqual(wrong, []);
  });
  return page;
}

const matches = (page) => page.locator('#matches').textContent();
const said = (page, text) => page.waitForFunction((wanted) => document.getElementById('matches').textContent === wanted, text);

describe('the summary', () => {
  test('says what the report for people says, in its order', async (t) => {
    const page = await open(t, file('demo.html'));
    const human = whose('demo', '--all').split('\n');
    assert.equal(await page.locator('h1').first().textContent(), human[0]);
    assert.equal(await page.locator('.states').textContent(), human[1]);
    const rows = await page.locator('.counts tbody tr').evaluateAll((all) => all.map((one) => [...one.cells].map((cell) => cell.textContent).join(' ').trim()));
    const lines = human.filter((line) => /^ +[0-9?,]+ {2}\S/.test(line)).slice(0, rows.length).map((line) => line.trim().replace(/ {2,}/g, ' '));
    assert.deepEqual(rows, lines);
    const groups = await page.locator('.group h3 code').allTextContents();
    const codes = human.map((line) => line.match(/^(?:CRITICAL|HIGH|MEDIUM|LOW|INFO) ([a-z-]+)/)?.[1]).filter(Boolean);
    assert.deepEqual(groups, codes);
    assert.equal(await page.locator('h2').first().textContent(), human.find((line) => line.startsWith('Findings')));
  });

  test('leads to the rows that it counts, and back', async (t) => {
    const page = await open(t, file('small.html'));
    await page.locator('.counts a', { hasText: 'unmanaged' }).click();
    await said(page, '150 of 302 rows');
    assert.match(page.url(), /#\/resources\?owner=unmanaged$/);
    await page.goBack();
    assert.ok(await page.locator('#summary').isVisible());
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'unmanaged');
  });

  test('can be read without a script', async (t) => {
    const page = await open(t, file('demo.html'), { javaScriptEnabled: false });
    assert.ok(await page.locator('.group').first().isVisible());
    assert.ok(await page.locator('noscript p, .note').first().isVisible());
  });
});

describe('the table', () => {
  test('is searched by any words, in any order and case', async (t) => {
    const page = await open(t, file('small.html#/resources'));
    assert.equal(await matches(page), '302 rows');
    for (const [words, count] of [['VPC-0A1B', '1 of 302 rows'], ['main core', '1 of 302 rows'], ['group-29', '11 of 302 rows'], ['labs group-14', '10 of 302 rows'],
      ['aws_security_group.b[7]', '1 of 302 rows'], ['subnet-0a1b2c3d4e5f60718', '1 of 302 rows'], ['no such thing', '0 of 302 rows'], ['', '302 rows']]) {
      await page.fill('#search', words);
      await said(page, count);
      assert.equal(await page.locator('.nothing').isVisible(), count.startsWith('0'));
    }
  });

  test('is filtered, and the address says how', async (t) => {
    const page = await open(t, file('small.html#/resources'));
    await page.selectOption('#by-project', 'labs');
    await said(page, '51 of 302 rows');
    await page.locator('[data-owner=missing]').click();
    await said(page, '1 of 302 rows');
    assert.equal(await page.locator('[data-owner=missing]').getAttribute('aria-pressed'), 'true');
    assert.match(page.url(), /owner=missing&project=labs$/);
    await page.reload();
    assert.equal(await matches(page), '1 of 302 rows');
    await page.goBack();
    await said(page, '51 of 302 rows');
    await page.goBack();
    await said(page, '302 rows');
    assert.equal(await page.inputValue('#by-project'), '');
    await page.selectOption('#by-kind', 'aws_vpc');
    await said(page, '1 of 302 rows');
    await page.click('.clear');
    await said(page, '302 rows');
  });

  test('is ordered by every column, and says so', async (t) => {
    const page = await open(t, file('small.html#/resources?owner=managed'));
    const head = page.locator('th.c-created');
    assert.equal(await head.getAttribute('aria-sort'), 'none');
    await head.locator('button').click();
    assert.equal(await head.getAttribute('aria-sort'), 'ascending');
    const days = () => page.locator('.rows tbody .c-created').allTextContents();
    assert.equal((await days())[0], '2026-01-01');
    await head.locator('button').click();
    assert.equal(await head.getAttribute('aria-sort'), 'descending');
    await page.locator('th.c-name button').click();
    const names = await page.locator('.rows .named').allTextContents();
    assert.deepEqual(names, [...names].sort());
    assert.ok(names.length > 10);
  });

  test('is used with the keyboard alone', async (t) => {
    const page = await open(t, file('small.html#/resources'));
    await page.keyboard.press('/');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'search');
    await page.keyboard.type('group');
    await said(page, '300 of 302 rows');
    await page.keyboard.press('ArrowDown');
    const focused = () => page.evaluate(() => document.activeElement.textContent.slice(0, 200));
    assert.match(await focused(), /^group-0sg-/);
    await page.keyboard.press('ArrowDown');
    assert.match(await focused(), /^group-1sg-/);
    await page.keyboard.press('End');
    assert.match(await focused(), /^group-299sg-/);
    assert.ok(await page.locator(':focus').evaluate((one) => { const box = one.getBoundingClientRect(); return box.top >= 0 && box.bottom <= innerHeight; }));
    await page.keyboard.press('Enter');
    await page.waitForSelector('.facts');
    assert.match(await page.locator('h1:visible').textContent(), /group-299/);
    assert.match(await focused(), /group-299/, 'the heading has the focus');
    await page.goBack();
    await page.waitForFunction(() => document.activeElement.textContent.startsWith('group-299sg-'));
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Escape');
    await said(page, '302 rows');
    // The first stop of the page leads past the frame.
    await page.reload();
    await page.keyboard.press('Tab');
    assert.match(await focused(), /^Skip/);
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
  });

  test('has the meaning of a table', async (t) => {
    const page = await open(t, file('small.html#/resources'));
    assert.equal(await page.getByRole('table', { name: 'Resources' }).getAttribute('aria-rowcount'), '303');
    assert.equal(await page.getByRole('columnheader').count(), 6);
    assert.equal(await page.locator('.rows tbody tr').first().getAttribute('aria-rowindex'), '2');
    assert.equal(await page.getByRole('search').count(), 1);
    for (const role of ['banner', 'main', 'navigation', 'contentinfo']) assert.equal(await page.getByRole(role).count(), 1, role);
    await page.getByLabel('Search').fill('main');
    await said(page, '1 of 302 rows');
  });
});

describe('a resource', () => {
  test('says what whose explain says', async (t) => {
    const all = JSON.parse(whose('demo', '--format', 'json')).resources;
    const page = await open(t, file('demo.html'));
    const flat = (text) => text.replace(/[●◐○◆□?×…■▲▼★⬢]/gu, '').replace(/\s+/g, ' ').trim();
    const some = all.filter((one, at) => one.ownership !== 'unmanaged' || one.used_by.length || at % 5 === 0).slice(0, 60);
    for (const one of some) {
      const told = whose('explain', one.arn, '--demo', '--all').split('\n').filter(Boolean);
      await page.goto(`${file('demo.html')}#/resource/${encodeURIComponent(one.arn)}`);
      const words = await page.evaluate(() => {
        const out = [document.querySelector('#app h1').textContent];
        for (const line of document.querySelectorAll('.verdict p, .fact')) {
          for (const button of line.querySelectorAll('button, .aside')) button.remove();
          for (const fold of line.querySelectorAll('summary')) fold.remove();
          const parts = line.matches('.fact') ? [...line.querySelectorAll('dt, li')] : [line];
          if (line.matches('.fact') && !line.querySelector('li')) parts.push(line.querySelector('dd'));
          out.push(parts.map((part) => part.textContent).join(' '));
        }
        return out.join(' ');
      });
      assert.equal(flat(words), flat(told.join(' ')), one.arn);
    }
    assert.ok(some.length > 3);
  });

  test('is reached by its address and linked both ways', async (t) => {
    const page = await open(t, file(`small.html#/resource/${arn('vpc/vpc-0a1b2c3d4e5f60718')}`));
    assert.equal(await page.locator('h1:visible').textContent(), 'VPC vpc-0a1b2c3d4e5f60718 (main)');
    assert.match(await page.title(), /^VPC vpc-0a1b2c3d4e5f60718/);
    await page.locator('.fact-used-by a', { hasText: '(group-120)' }).waitFor({ state: 'attached' });
    await page.locator('.fact-used-by summary').click();
    await page.locator('.fact-used-by a', { hasText: '(group-120)' }).click();
    assert.match(await page.locator('h1:visible').textContent(), /group-120/);
    await page.locator('.fact-uses a', { hasText: '(main)' }).click();
    assert.match(await page.locator('h1:visible').textContent(), /^VPC/);
    await page.locator('.named-in a').first().click();
    assert.ok(await page.locator('details.finding[open] summary:focus').isVisible());
    await page.goBack();
    await page.goBack();
    assert.match(await page.locator('h1:visible').textContent(), /group-120/);
  });

  test('that is gone has a page too, and what nobody knows is said', async (t) => {
    const page = await open(t, file('small.html#/resources?owner=missing'));
    await page.locator('.rows .open').click();
    assert.equal(await page.locator('h1:visible').textContent(), 'aws_subnet.gone');
    assert.match(await page.locator('.verdict').textContent(), /missing: its kind and region were listed/);
    await page.goto(`${file('small.html')}#/resource/arn:aws:nothing`);
    assert.equal(await page.locator('h1:visible').textContent(), 'Not in this report');
    await page.goto(`${file('small.html')}#/resource/%E0%A4%A`);
    assert.equal(await page.locator('h1:visible').textContent(), 'Not in this report');
    await page.goto(`${file('small.html')}#/no-such-page`);
    assert.ok(await page.locator('#summary').isVisible());
  });
});

describe('a project', () => {
  test('has a picture of its stack and of who else uses it', async (t) => {
    const page = await open(t, file('small.html#/projects'));
    await page.locator('#app tbody th a', { hasText: 'platform' }).click();
    assert.equal(await page.locator('.verdict').textContent(), '1 resource of it is used from outside: destroying platform breaks what others have on it.');
    const heads = await page.locator('.picture .head').evaluateAll((all) => all.map((one) => one.lastChild.textContent));
    assert.ok(heads.includes('VPC') && heads.includes('security group × 100') && heads.some((head) => head.endsWith(' labs')), heads.join());
    assert.ok(await page.locator('.picture .edge.foreign').count() > 0);
    await page.locator('.picture a', { hasText: 'main' }).first().click();
    assert.match(await page.locator('h1:visible').textContent(), /^VPC/);
  });
});

describe('whatever it is looked at with', () => {
  const PAGES = [['demo.html', '#/'], ['small.html', '#/resources'], ['small.html', '#/projects'], ['small.html', '#/project/platform'],
    ['small.html', `#/resource/${arn('vpc/vpc-0a1b2c3d4e5f60718')}`], ['small.html', '#/resources?owner=missing&q=subnet'], ['hostile.html', '#/'], ['hostile.html', '#/resources']];

  for (const colorScheme of ['light', 'dark']) {
    test(`axe finds nothing, ${colorScheme}`, async () => {
      for (const viewport of [DESKTOP, PHONE]) {
        // Only here without the policy: axe is a script from outside.
        const context = await browser.newContext({ viewport, colorScheme, bypassCSP: true });
        for (const [name, hash] of PAGES) {
          const page = await context.newPage();
          await page.goto(file(name) + hash);
          await page.evaluate(() => { for (const one of document.querySelectorAll('details')) one.open = true; });
          await page.evaluate(axe);
          const { violations } = await page.evaluate(() => globalThis.axe.run({ resultTypes: ['violations'] }));
          const told = violations.flatMap((one) => one.nodes.slice(0, 3).map((node) => `${one.id}: ${node.target} ${node.failureSummary}`));
          assert.deepEqual(told, [], `${name}${hash} ${viewport.width}`);
          await page.close();
        }
        await context.close();
      }
    });
  }

  test('no page is wider than a phone', async (t) => {
    const page = await open(t, file('small.html'), { viewport: PHONE });
    for (const [name, hash] of PAGES) {
      await page.goto(file(name) + hash);
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), PHONE.width, name + hash);
    }
  });

  test('it is light or dark as the system or as the person says', async (t) => {
    const page = await open(t, file('small.html'), { colorScheme: 'dark' });
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const dark = await ground();
    await page.emulateMedia({ colorScheme: 'light' });
    const light = await ground();
    assert.notEqual(light, dark);
    await page.selectOption('#theme', 'dark');
    assert.equal(await ground(), dark);
    await page.reload();
    assert.equal(await ground(), dark, 'it is kept');
    await page.emulateMedia({ media: 'print' });
    assert.equal(await ground(), 'rgb(255, 255, 255)');
  });

  test('it is printed whole', async (t) => {
    const page = await open(t, file('small.html#/resources'));
    const marks = await page.evaluate(async () => {
      window.dispatchEvent(new Event('beforeprint'));
      const rows = document.querySelectorAll('.rows tbody tr').length;
      window.dispatchEvent(new Event('afterprint'));
      return [rows, document.querySelectorAll('.rows tbody tr').length];
    });
    assert.equal(marks[0], 302);
    assert.ok(marks[1] < 100, 'and is as it was afterwards');
    const pdf = await page.pdf({ format: 'A4' });
    const sheets = pdf.toString('latin1').match(/\/Type *\/Page\b/g).length;
    assert.ok(sheets > 4 && sheets < 40, `${sheets} pages`);
    await page.goto(file('demo.html'));
    const folded = () => page.locator('details:not([open]):not(.rule)').count();
    const before = await folded();
    assert.ok(before > 0);
    await page.evaluate(() => window.dispatchEvent(new Event('beforeprint')));
    assert.equal(await folded(), 0);
    await page.evaluate(() => window.dispatchEvent(new Event('afterprint')));
    assert.equal(await folded(), before);
  });
});

describe('what is hostile', () => {
  const shown = (text) => [...text].map((c) => (/[\p{Cc}\u200B-\u200F\u2028-\u202E\u2060-\u206F]/u.test(c)
    ? ({ '\n': '\\n', '\r': '\\r', '\t': '\\t' }[c] ?? `\\u{${c.codePointAt(0).toString(16)}}`) : c)).join('');

  test('is read and does nothing', async (t) => {
    const page = await open(t, file('hostile.html'));
    const wanted = [...HOSTILE, LONG];
    await page.goto(`${file('hostile.html')}#/resources?owner=unmanaged,managed,shared`);
    const names = await page.locator('.rows .named').allTextContents();
    for (const name of wanted) assert.ok(names.includes(shown(name)), name.slice(0, 80));
    const addresses = await page.locator('.rows .open').evaluateAll((all) => all.map((one) => one.getAttribute('href')));
    assert.ok(addresses.length >= wanted.length);
    for (const hash of addresses) {
      await page.goto(file('hostile.html') + hash);
      const name = await page.locator('.fact-tags li').filter({ hasText: /^Name = / }).locator('bdi').last().textContent();
      assert.ok(wanted.some((one) => shown(one) === name), `${hash}: ${name.slice(0, 80)}`);
      await page.reload();
      assert.ok(await page.locator('.facts').first().isVisible(), hash);
    }
    for (const project of await (async () => { await page.goto(`${file('hostile.html')}#/projects`); return page.locator('#app tbody th a').evaluateAll((all) => all.map((one) => one.getAttribute('href'))); })()) {
      await page.goto(file('hostile.html') + project);
      assert.ok(await page.locator('.verdict').isVisible(), project);
    }
    for (const hash of ['#/<img src=x onerror=window.broken=1>', '#/resource/<script>window.broken=1</script>', '#/resources?q=<img src=x onerror=window.broken=1>&sort=__proto__&owner=constructor',
      '#/finding/"]<b>', '#/project/__proto__', 'javascript:window.broken=1']) {
      await page.evaluate((to) => { location.hash = to; }, hash);
      await page.waitForTimeout(20);
    }
    assert.equal(await page.evaluate(() => window.broken), undefined);
    assert.equal(await page.evaluate(() => ({}).polluted), undefined);
    const foreign = await page.evaluate(() => document.querySelectorAll('img, iframe, object, embed, link, script[src], [onerror], [onload], [onmouseover]').length);
    assert.equal(foreign, 0);
  });

  test('could not run even if it stood in the page', async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    const refused = [];
    page.on('console', (message) => refused.push(message.text()));
    await page.goto(file('small.html'));
    await page.evaluate(() => {
      const script = document.createElement('script');
      script.setAttribute('nonce', 'x');
      script.append('window.broken = 1');
      try { document.body.append(script); } catch { /* refused */ }
      const image = document.createElement('img');
      image.src = 'https://example.invalid/x.png';
      document.body.append(image);
      const link = document.createElement('p');
      link.setAttribute('style', 'color: red');
      document.body.append(link);
    });
    await assert.rejects(page.evaluate(() => { document.body.innerHTML = '<b>x</b>'; }), /TrustedHTML/);
    assert.equal(await page.evaluate(() => window.broken), undefined);
    assert.ok(refused.some((text) => /Content Security Policy|TrustedScript/.test(text)), refused.join('\n'));
    await context.close();
  });
});

describe('a hundred thousand rows', () => {
  test('stay quick', async (t) => {
    const size = Number(process.env.WHOSE_ROWS ?? 100_000);
    large(join(folder, 'large.jsonl'), size);
    const began = Date.now();
    const bytes = report(WHOSE, join(folder, 'large.jsonl'), join(folder, 'large.html'));
    const made = Date.now() - began;
    const page = await open(t, 'about:blank');
    const timed = async (what) => { const start = Date.now(); await what(); return Date.now() - start; };
    const opened = await timed(async () => { await page.goto(`${file('large.html')}#/resources`); await page.waitForSelector('.rows tbody tr'); });
    const all = `${String(size).replace(/\B(?=(\d{3})+$)/g, ',')} rows`;
    assert.equal(await matches(page), all);
    const searches = [];
    for (const [words, count] of [['stack-77 ', null], ['vpc-0000000000000c351', null], ['project-12 aws_vpc', null], ['', all]]) {
      searches.push(await timed(async () => {
        const before = await matches(page);
        await page.fill('#search', words);
        await page.waitForFunction((old) => document.getElementById('matches').textContent !== old, before);
      }));
      if (count) assert.equal(await matches(page), count);
    }
    const sorted = await timed(async () => {
      await page.locator('th.c-name button').click();
      await page.waitForSelector('th.c-name[aria-sort=ascending]');
    });
    const end = await timed(async () => {
      await page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight));
      await page.waitForFunction((last) => [...document.querySelectorAll('.rows tbody tr')].some((row) => Number(row.getAttribute('aria-rowindex')) === last), size + 1);
    });
    assert.ok(await page.locator('.rows tbody tr').count() < 200, 'only what is in sight is in the page');
    const resource = await timed(async () => {
      await page.locator('.rows tbody tr .open').last().click();
      await page.waitForSelector('.facts');
    });
    const project = await timed(async () => {
      await page.evaluate(() => { location.hash = '#/project/project-3'; });
      await page.waitForSelector('.picture');
    });
    t.diagnostic(`${size} rows: ${(bytes / 1e6).toFixed(1)} MB, made in ${made} ms, opened in ${opened} ms; first search result after ${searches[0]} ms, `
      + `then ${searches.slice(1).join(', ')} ms; sorted in ${sorted} ms, to the end in ${end} ms, a resource in ${resource} ms, a project's picture in ${project} ms`);
    assert.ok(bytes < 40e6, `${bytes} bytes`);
  });
});
