/** A line typed without being shown: what each key does to it. Pure. */

export type HiddenState = 'typing' | 'done' | 'interrupted'

export class HiddenLine {
  #text = ''
  #state: HiddenState = 'typing'

  /** What a terminal in raw mode gave. Whatever follows the end of the line is dropped. */
  take(typed: string): HiddenState {
    for (const character of typed) {
      if (this.#state !== 'typing') break
      if (character === '\r' || character === '\n' || character === '\x04') this.#state = 'done'
      else if (character === '\x03') this.#state = 'interrupted'
      else if (character === '\x7f' || character === '\b') this.#text = this.#text.slice(0, -1)
      else if (character === '\x15') this.#text = ''
      else if (character >= ' ') this.#text += character
    }
    return this.#state
  }

  get text(): string {
    return this.#text
  }
}
