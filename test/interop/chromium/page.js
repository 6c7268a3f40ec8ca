/**
 * What the pages' scripts do: the part of these tests that runs in the browser, called by name from outside. Whatever the
 * browser keeps from a page comes back as `blocked`.
 */
const LIMIT_MS = 60_000

const bytesOf = (base64) => Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))

async function base64Of(blob) {
  const reader = new FileReader()
  const read = new Promise((resolve, reject) => {
    reader.onload = () => resolve(reader.result)
    reader.onerror = () => reject(reader.error)
  })
  reader.readAsDataURL(blob)
  return (await read).replace(/^[^,]*,/, '')
}

async function answerOf(response) {
  const body = await response.blob()
  return {
    status: response.status,
    type: response.type,
    headers: Object.fromEntries(response.headers),
    text: await body.text(),
    base64: await base64Of(body),
  }
}

function formDataOf({ fields, file }) {
  const data = new FormData()
  for (const [name, value] of fields) data.append(name, value)
  data.append('file', new File([bytesOf(file.base64)], file.name, { type: file.type }))
  return data
}

/** The event that comes first. */
function eventOf(target, ...names) {
  return new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error(`none of ${names.join(', ')}`)), LIMIT_MS)
    for (const name of names) target.addEventListener(name, () => resolve(name), { once: true })
  })
}

const clientOf = (options) => new globalThis.OSS({ retryMax: 0, ...options })

/** What crosses to the test: errors of ali-oss are objects with a code. */
async function told(work) {
  try {
    return { value: await work() }
  } catch (error) {
    return { error: { name: error.name, code: error.code, status: error.status, message: error.message } }
  }
}

globalThis.inPage = {
  async send({ url, base64, text, form, ...init }) {
    const body = base64 === undefined ? text : bytesOf(base64)
    const signal = AbortSignal.timeout(LIMIT_MS)
    let response
    try {
      response = await fetch(url, { ...init, signal, body: form === undefined ? body : formDataOf(form) })
    } catch (error) {
      if (signal.aborted) throw error
      return { blocked: error.name }
    }
    return answerOf(response)
  },

  /** Without a reader's permission: the browser sends it, the page sees nothing. */
  async sendBlindly({ url }) {
    const response = await fetch(url, { mode: 'no-cors' })
    return { type: response.type, status: response.status, length: (await response.blob()).size }
  },

  /** From a frame whose origin is `null`, as in a sandbox. */
  async sendFromSandbox({ url }) {
    const frame = document.createElement('iframe')
    frame.sandbox = 'allow-scripts'
    frame.srcdoc = `<script>
      fetch(${JSON.stringify(url)}).then((r) => r.text(), (e) => 'blocked ' + e.name)
        .then((text) => parent.postMessage(text, '*'))
    </script>`
    const message = new Promise((resolve, reject) => {
      setTimeout(() => reject(new Error('the frame says nothing')), LIMIT_MS)
      window.addEventListener('message', (event) => resolve(event.data), { once: true })
    })
    document.body.append(frame)
    return message
  },

  /** All at once, each answer as `send` gives it. */
  sendAll: (requests) => Promise.all(requests.map((request) => globalThis.inPage.send(request))),

  /** Breaks off as soon as some bytes are on their way; resolves to how many that were. */
  async abortUpload({ url, size }) {
    const request = new XMLHttpRequest()
    request.open('PUT', url)
    const ended = eventOf(request, 'abort', 'load', 'error')
    let sent = 0
    request.upload.onprogress = ({ loaded }) => {
      if (sent > 0) return
      sent = loaded
      request.abort()
    }
    request.send(new Uint8Array(size))
    return { ended: await ended, sent }
  },

  /** The same by fetch, which tells nothing of its progress: `endFetch` breaks it off. */
  beginFetch({ url, size }) {
    globalThis.begun = new AbortController()
    const { signal } = globalThis.begun
    globalThis.fetched = fetch(url, { method: 'PUT', body: new Uint8Array(size), signal }).then(
      (response) => `answered ${response.status}`,
      (error) => error.name,
    )
  },
  endFetch() {
    globalThis.begun.abort()
    return globalThis.fetched
  },

  /** Reads the first piece of a download and leaves the rest. */
  async abortDownload({ url }) {
    const ending = new AbortController()
    const response = await fetch(url, { signal: ending.signal })
    const reader = response.body.getReader()
    const { value } = await reader.read()
    ending.abort()
    const after = await reader.read().then(
      () => 'read on',
      (error) => error.name,
    )
    return { read: value.length, after }
  },

  makeForm({ action, fields }) {
    const form = document.createElement('form')
    Object.assign(form, { method: 'post', enctype: 'multipart/form-data', action })
    for (const [name, value] of fields) {
      const input = document.createElement('input')
      Object.assign(input, { type: 'hidden', name, value })
      form.append(input)
    }
    const file = document.createElement('input')
    Object.assign(file, { type: 'file', name: 'file' })
    const button = document.createElement('button')
    form.append(file, button)
    document.querySelector('#place').replaceChildren(form)
  },

  async showImage({ url, crossOrigin }) {
    const image = new Image()
    if (crossOrigin !== undefined) image.crossOrigin = crossOrigin
    const ended = eventOf(image, 'load', 'error')
    image.src = url
    document.querySelector('#place').replaceChildren(image)
    if ((await ended) === 'error') return { shown: false }
    const canvas = document.createElement('canvas')
    const context = canvas.getContext('2d')
    context.drawImage(image, 0, 0)
    try {
      const pixel = [...context.getImageData(0, 0, 1, 1).data]
      return { shown: true, width: image.naturalWidth, pixel }
    } catch (error) {
      return { shown: true, width: image.naturalWidth, pixel: error.name }
    }
  },

  /** Loads what a player needs first, then goes to a moment that it does not have yet. */
  async playFrom({ url, seconds }) {
    const player = document.createElement('audio')
    player.preload = 'metadata'
    const known = eventOf(player, 'loadedmetadata', 'error')
    player.src = url
    document.querySelector('#place').replaceChildren(player)
    if ((await known) === 'error') return { error: player.error.message }
    const there = eventOf(player, 'seeked', 'error')
    player.currentTime = seconds
    if ((await there) === 'error') return { error: player.error.message }
    return { duration: player.duration, at: player.currentTime }
  },

  follow({ url }) {
    const link = document.createElement('a')
    Object.assign(link, { href: url, id: 'link', textContent: 'take it' })
    document.querySelector('#place').replaceChildren(link)
  },

  ossPut: ({ options, key, base64, put }) =>
    told(async () => {
      const file = new File([bytesOf(base64)], 'a.bin', { type: 'application/x-odd' })
      const { res } = await clientOf(options).put(key, file, put)
      return { status: res.status, etag: res.headers.etag }
    }),

  ossGet: ({ options, key }) =>
    told(async () => {
      const { content, res } = await clientOf(options).get(key)
      return { base64: await base64Of(new Blob([content])), meta: res.headers['x-oss-meta-word'] }
    }),

  ossList: ({ options }) =>
    told(async () => {
      const { objects = [] } = await clientOf(options).listV2({ 'max-keys': 100 })
      return objects.map(({ name, size }) => [name, size])
    }),

  ossDelete: ({ options, key }) => told(async () => (await clientOf(options).delete(key)).res.status),

  /** Cancels itself once `stopAfter` parts are there, and goes on from the checkpoint with a new client. */
  ossMultipart: ({ options, key, base64, partSize, stopAfter }) =>
    told(async () => {
      const file = new File([bytesOf(base64)], 'large.bin', { type: 'application/x-large' })
      const first = clientOf(options)
      let checkpoint
      let cancelled
      const settings = { partSize, parallel: 2, meta: { word: 'value' }, mime: 'application/x-large' }
      if (stopAfter !== undefined) {
        const progress = (_, current) => {
          if (current === undefined) return
          // As an application keeps it: a file does not survive being written down.
          checkpoint = JSON.parse(JSON.stringify({ ...current, file: undefined }))
          if (current.doneParts.length >= stopAfter) first.cancel()
        }
        cancelled = await first.multipartUpload(key, file, { ...settings, parallel: 1, progress }).then(
          () => 'done',
          (error) => error.name,
        )
      }
      // The client goes on with the list that it is given.
      const kept = checkpoint?.doneParts.length
      const resumed = checkpoint && { checkpoint: { ...checkpoint, file } }
      const { etag, res } = await clientOf(options).multipartUpload(key, file, { ...settings, ...resumed })
      return { cancelled, kept, etag, status: res.status }
    }),
}
