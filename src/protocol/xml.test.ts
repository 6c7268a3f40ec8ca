/** XML there and back, and all that is refused of it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  child,
  children,
  element,
  MAX_XML_SIZE,
  parseXml,
  printXml,
  text,
  type XmlElement,
  XmlError,
} from './xml.js'

const bytes = (xml: string) => new TextEncoder().encode(xml)

/** Text that XML 1.0 can hold. */
const xmlText = fc
  .string({ unit: 'binary', maxLength: 20 })
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what XML can't hold
  .map((value) => value.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '?'))

const name = fc.constantFrom('A', 'b', 'Z9')

const { tree } = fc.letrec<{ tree: XmlElement }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small' },
    fc.tuple(name, xmlText).map(([name, text]) => ({ name, text, children: [] })),
    fc
      .tuple(name, fc.array(tie('tree'), { maxLength: 4 }))
      .map(([name, children]) => ({ name, text: '', children })),
  ),
}))

test('what is printed is read back', () => {
  fc.assert(fc.property(tree, (root) => assert.deepEqual(parseXml(printXml(root)), root)))
})

test('the print is plain', () => {
  const root = element('Root', [
    element('Key', ' a<b>&"\r\n'),
    undefined,
    element('Size', 0),
    element('Flag', false),
  ])
  assert.equal(
    new TextDecoder().decode(printXml(root)),
    '<?xml version="1.0" encoding="UTF-8"?>\n<Root><Key> a&lt;b&gt;&amp;"&#13;\n</Key><Size>0</Size><Flag>false</Flag></Root>',
  )
})

test('what XML cannot hold is replaced', () => {
  const printed = parseXml(printXml(element('A', 'a\u0000\u000b\u001f\ud800\uffffb\u{1f600}')))
  assert.equal(printed.text, 'a\ufffd\ufffd\ufffd\ufffd\ufffdb\u{1f600}')
})

test('helpers find by name', () => {
  const root = parseXml(
    bytes('\ufeff<?xml version="1.0"?><R x="1"><!-- c --><P>1</P><Q/><P><![CDATA[<2>]]></P></R>\n'),
  )
  assert.equal(text(root, 'P'), '1')
  assert.equal(text(root, 'Q'), '')
  assert.equal(text(root, 'X'), undefined)
  assert.equal(child(root, 'X'), undefined)
  assert.deepEqual(
    children(root, 'P').map((part) => part.text),
    ['1', '<2>'],
  )
})

test('predefined and numeric entities are read', () => {
  assert.equal(parseXml(bytes('<A>&lt;&gt;&amp;&quot;&apos;&#65;&#x4e2d;</A>')).text, '<>&"\'A中')
})

for (const [what, xml] of [
  ['a DOCTYPE', '<!DOCTYPE a><a/>'],
  ['a DOCTYPE with entities', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'],
  ['an unknown entity', '<a>&nbsp;</a>'],
  ['a reference to a character XML cannot hold', '<a>&#11;</a>'],
  ['such a character itself', '<a>\u000b</a>'],
  ['an open element', '<a><b></a>'],
  ['the end missing', '<a>'],
  ['two roots', '<a/><b/>'],
  ['text alone', 'hello'],
  ['nothing', ''],
  ['JSON', '{"a":1}'],
  ['white space before the declaration', ' <?xml version="1.0"?><a/>'],
  ['200,001 elements', `<a>${'<b/>'.repeat(200_000)}</a>`],
  ['a great attribute', `<a b="${'c'.repeat(5000)}"/>`],
  ['many attributes', `<a ${Array.from({ length: 1500 }, (_, index) => `b${index}="c"`).join(' ')}/>`],
  ['one attribute twice', '<a b="c" b="d"/>'],
  ['33 levels', `${'<a>'.repeat(33)}${'</a>'.repeat(33)}`],
] as const) {
  test(`${what} is refused`, () => assert.throws(() => parseXml(bytes(xml)), XmlError))
}

test('a namespace of the client is passed over', () => {
  const root = parseXml(bytes('<a xmlns="http://doc.oss.example" xmlns:x="y"><b>c</b></a>'))
  assert.equal(text(root, 'b'), 'c')
})

test('32 levels are read', () => {
  assert.equal(parseXml(bytes(`${'<a>'.repeat(32)}${'</a>'.repeat(32)}`)).name, 'a')
})

test('bytes that are no UTF-8, or too many, are refused', () => {
  assert.throws(() => parseXml(Uint8Array.of(0x3c, 0x61, 0x3e, 0xff, 0x3c, 0x2f, 0x61, 0x3e)), XmlError)
  assert.throws(() => parseXml(new Uint8Array(MAX_XML_SIZE + 1).fill(0x20)), /More than/)
})
