/** A bar chart as SVG, by hand: it has no background and takes its colours from the reader's light or dark scheme. */

export interface Bar {
  readonly label: string
  readonly value: number
  /** Stands out. */
  readonly ours: boolean
}

export interface BarGroup {
  readonly title: string
  readonly bars: readonly Bar[]
}

const width = 760
const labelWidth = 300
const barHeight = 18
const rowHeight = 26
const titleHeight = 34

const style = `
text { font: 13px system-ui, sans-serif; fill: #24292f }
.title { font-weight: 600 }
.bar { fill: #8c959f }
.ours { fill: #0969da }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .bar { fill: #6e7681 }
  .ours { fill: #58a6ff }
}`

export function barChart(groups: readonly BarGroup[], unit: string): string {
  const most = Math.max(...groups.flatMap(({ bars }) => bars.map(({ value }) => value)))
  const scale = (width - labelWidth - 90) / most
  let y = 0
  const shapes: string[] = []
  for (const { title, bars } of groups) {
    shapes.push(`<text class="title" x="0" y="${y + 22}">${escaped(title)}</text>`)
    y += titleHeight
    for (const { label, value, ours } of bars) {
      const length = Math.max(value * scale, 1)
      shapes.push(
        `<text x="${labelWidth - 8}" y="${y + 14}" text-anchor="end">${escaped(label)}</text>`,
        `<rect class="${ours ? 'ours' : 'bar'}" x="${labelWidth}" y="${y}" width="${length.toFixed(1)}" height="${barHeight}" rx="2"/>`,
        `<text x="${(labelWidth + length + 6).toFixed(1)}" y="${y + 14}">${value.toFixed(0)} ${escaped(unit)}</text>`,
      )
      y += rowHeight
    }
  }
  const label = groups.map(({ title }) => title).join('; ')
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y}" width="${width}" height="${y}" role="img" aria-label="${escaped(label)}">
<style>${style}</style>
${shapes.join('\n')}
</svg>
`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
