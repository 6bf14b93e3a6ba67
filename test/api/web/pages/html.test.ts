/** Markup with hostile values in it: what is text stays text, and what would not is refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Html, html, quoted } from '../../../../src/api/web/pages/html.ts';
import { visibleText } from '../../../../src/api/web/pages/visible-text.ts';

test('a value is text: in the body of an element and in a quoted attribute', () => {
  const hostile = `<img src=x onerror="alert('1')">&`;
  assert.equal(
    html`<p title="${hostile}">${hostile}</p>`.text,
    `<p title="&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;">&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;</p>`,
  );
});

test('whatever a text holds, no character of markup comes out of it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const inside = html`<p title="${text}">${text}</p>`.text.slice('<p title="'.length, -'</p>'.length);
      assert.equal(inside.match(/[<>"']/g)?.join(''), '">');
      assert.ok(inside.isWellFormed());
    }),
  );
});

test('Html goes in as it is, lists are joined, nothing is nothing, numbers are shown', () => {
  const items = ['a', '<b>'].map((text) => html`<li>${text}</li>`);
  assert.equal(html`<ul>${items}${undefined}${false}${1}${2n}</ul>`.text, '<ul><li>a</li><li>&lt;b&gt;</li>12</ul>');
  assert.equal(quoted('a').text, '<bdi>a</bdi>');
});

test('only the tag makes Html', () => {
  assert.throws(() => Reflect.construct(Html, ['<script>', Symbol('html')]), /only the tag html/);
});

test('a value where escaping does not help is a fault of the template', () => {
  const value = 'x';
  for (const wrong of [
    () => html`<script>${value}</script>`,
    () => html`<style>p{color:${value}}</style>`,
    () => html`<p title=${value}>`,
    () => html`<p title='${value}'>`,
    () => html`<${value}>`,
    () => html`<p onclick="${value}">`,
    () => html`<p style="${value}">`,
    () => html`<!-- ${value} -->`,
    () => html`<input ${value}>`,
  ]) {
    assert.throws(wrong, TypeError);
  }
});

test('an attribute as a whole may be Html', () => {
  const checked = html` checked`;
  assert.equal(html`<input type="radio"${checked}>`.text, '<input type="radio" checked>');
  assert.equal(html`<input type="radio"${false}>`.text, '<input type="radio">');
  assert.equal(html`<input type="radio" ${html`checked`}>`.text, '<input type="radio" checked>');
});

test('an address leads to a path, a web page or a wallet, and nowhere else', () => {
  const leadsTo = (address: string): string => html`<a href="${address}">`.text.slice(9, -2);
  for (const good of ['/i/1', '#top', '?a=1', 'https://shop.example/', 'lightning:LNBC1', 'bitcoin:bc1q?amount=1']) {
    assert.equal(leadsTo(good), good);
  }
  for (const bad of [
    'javascript:alert(1)',
    ' javascript:alert(1)',
    'JAVASCRIPT:x',
    'data:text/html,x',
    '//evil.example',
    '\\\\evil',
    'x',
  ]) {
    assert.equal(leadsTo(bad), '#', bad);
  }
  assert.equal(html`<a href="/i/${'javascript:x'}">`.text, '<a href="/i/javascript:x">');
});

test('characters that nobody sees, or that turn the order of others, are named', () => {
  assert.equal(visibleText('pay \u202eevil\u202c'), 'pay [U+202E]evil[U+202C]');
  assert.equal(
    visibleText('a\u200bb\u2066c\ufeffd\u00ade\0f\u001bg'),
    'a[U+200B]b[U+2066]c[U+FEFF]d[U+00AD]e[U+0000]f[U+001B]g',
  );
  assert.equal(visibleText('half \ud800'), 'half \ufffd');
  assert.equal(visibleText('\u{e0041}'), '[U+E0041]');
});

test('words, emoji and layout stay as they are', () => {
  for (const text of ['日本語', 'עברית', 'می‌خواهم', '👩‍🚀 ❤️', 'a\tb\nc', 'naïve café'])
    assert.equal(visibleText(text), text);
});
