/**
 * The small XML that OSS speaks: elements and text, no attributes, no namespaces, no mixed content. What is read comes
 * from strangers, so DOCTYPE, entities of their own, great depth, size and number are refused.
 */
import { SaxesParser } from 'saxes'
import { utf8Bytes } from './encode.js'

export interface XmlElement {
  readonly name: string
  /** Text directly in this element, entities resolved, spaces kept. Meaningless beside children. */
  readonly text: string
  readonly children: readonly XmlElement[]
}

/** Bytes. A page of 1000 keys of the greatest length, percent-encoded, stays below 4 MiB. */
export const MAX_XML_SIZE = 16 * 1024 * 1024
const MAX_DEPTH = 32
/** A Complete of 10000 parts has 30001. An element takes a hundred bytes of memory for the four of `<a/>`. */
const MAX_ELEMENTS = 200_000
/** Characters. OSS has no attributes; what clients write is a namespace. */
const MAX_ATTRIBUTES = 4096

/** What was read is not the XML spoken here. */
export class XmlError extends Error {
  override readonly name = 'XmlError'
}

/**
 * The root element. `controlCharacters`: accept those that XML 1.0 can't hold, as they are or as references; names of
 * objects may have them, and clients send them.
 *
 * @throws XmlError when the bytes are no UTF-8, not well-formed, or more than is spoken here
 */
export function parseXml(
  bytes: Uint8Array,
  { controlCharacters = false }: { readonly controlCharacters?: boolean } = {},
): XmlElement {
  if (bytes.length > MAX_XML_SIZE) throw new XmlError(`More than ${MAX_XML_SIZE} bytes of XML`)
  const open: { name: string; text: string; children: XmlElement[] }[] = []
  let root: XmlElement | undefined
  let elements = 0
  const parser = controlCharacters
    ? new SaxesParser({ position: false, defaultXMLVersion: '1.1', forceXMLVersion: true })
    : new SaxesParser({ position: false })
  parser.on('error', (error) => {
    throw new XmlError(error.message)
  })
  parser.on('doctype', () => {
    throw new XmlError('A DOCTYPE is not accepted')
  })
  parser.on('opentag', (tag) => {
    elements += 1
    if (elements > MAX_ELEMENTS) throw new XmlError(`More than ${MAX_ELEMENTS} elements`)
    if (open.length === MAX_DEPTH) throw new XmlError(`More than ${MAX_DEPTH} levels of elements`)
    const attributes = Object.entries(tag.attributes).reduce((sum, pair) => sum + pair.join().length, 0)
    if (attributes > MAX_ATTRIBUTES)
      throw new XmlError(`More than ${MAX_ATTRIBUTES} characters of attributes`)
    const element = { name: tag.name, text: '', children: [] }
    const parent = open.at(-1)
    if (parent) parent.children.push(element)
    else root = element
    open.push(element)
  })
  const addText = (text: string) => {
    const element = open.at(-1)
    if (element) element.text += text
  }
  parser.on('text', addText)
  parser.on('cdata', addText)
  parser.on('closetag', () => {
    open.pop()
  })
  const document = decodeUtf8(bytes)
  parser.write(controlCharacters ? referControlCharacters(document) : document).close()
  if (!root) throw new XmlError('No element')
  return root
}

/** Without the white space before a document, where XML has no place for it if a declaration follows. */
export function trimStart(body: Uint8Array): Uint8Array {
  const first = body.findIndex((byte) => byte !== 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d)
  return body.subarray(first === -1 ? body.length : first)
}

/** The first child of that name. */
export function child(parent: XmlElement, name: string): XmlElement | undefined {
  return parent.children.find((element) => element.name === name)
}

/** All children of that name, in order. */
export function children(parent: XmlElement, name: string): XmlElement[] {
  return parent.children.filter((element) => element.name === name)
}

/** The text of the first child of that name; `undefined` when there is none. */
export function text(parent: XmlElement, name: string): string | undefined {
  return child(parent, name)?.text
}

/** An element for printing. Absent children are left out. */
export function element(
  name: string,
  content: string | number | boolean | readonly (XmlElement | undefined)[],
): XmlElement {
  if (typeof content !== 'object') return { name, text: String(content), children: [] }
  return { name, text: '', children: content.filter((item) => item !== undefined) }
}

/** An element when there is something to say. */
export function optionalElement(name: string, content: string | undefined): XmlElement | undefined {
  return content === undefined ? undefined : element(name, content)
}

/**
 * A whole document in UTF-8, without spaces between elements. A character that XML 1.0 can't hold (most control
 * characters, lone surrogates) becomes U+FFFD, so names that may have one are percent-encoded by `encoding-type=url`.
 */
export function printXml(root: XmlElement): Uint8Array {
  return printed(printElement(root))
}

/** The same for an element with a child for each item, of which there may be many: each is gone when the next is made. */
export function printXmlList<Item>(
  name: string,
  items: readonly Item[],
  childOf: (item: Item) => XmlElement,
): Uint8Array {
  return printed(`<${name}>${items.map((item) => printElement(childOf(item))).join('')}</${name}>`)
}

function printed(root: string): Uint8Array {
  return utf8Bytes(`<?xml version="1.0" encoding="UTF-8"?>\n${root}`)
}

function printElement({ name, text, children }: XmlElement): string {
  const content = children.length > 0 ? children.map(printElement).join('') : escapeText(text)
  return `<${name}>${content}</${name}>`
}

function escapeText(text: string): string {
  return (
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what XML can't hold
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu, '\ufffd')
      .replace(/[&<>\r]/g, (character) => ESCAPES[character] ?? character)
  )
}

/** A carriage return written plainly would be read as a line feed. */
const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#13;' }

/**
 * XML 1.1 has control characters, but for NUL, as references alone, and it reads more characters as ends of lines than
 * 1.0 does. Written as references, all of them are taken for what they are.
 */
function referControlCharacters(document: string): string {
  return document.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about
    /[\u0001-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u2028]/g,
    (character) => `&#${character.charCodeAt(0)};`,
  )
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new XmlError('Not UTF-8')
  }
}
