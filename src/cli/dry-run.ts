/** `put --dry-run`: what an upload would send, for people and for programs. It takes the place of the upload itself. */
import { planUpload, type UploadPlan } from '../index.js'
import { success } from './exit-codes.js'
import { printable } from './failure.js'
import { writeJson } from './json.js'
import { objectUrl } from './object-url.js'
import { countOf, formatSize } from './sizes.js'
import { tellFailure } from './tell-failure.js'
import type { JobEnd, OutputFlags, UploadJob } from './upload-job.js'
import type { World } from './world.js'

/** Never rejects, as the upload itself does not: what it would be refused for is told as its failure. */
export async function planUploadJob(job: UploadJob, flags: OutputFlags, world: World): Promise<JobEnd> {
  const { screen } = world
  const { bucket, key, file } = job
  try {
    const plan = await planUpload(bucket, key, file, job.options)
    if (flags.json === true) writeJson(screen, 'plan', plan)
    else if (flags.quiet !== true) for (const line of planLines(plan)) screen.out(printable(line))
    return { exitCode: success, fields: { bucket: bucket.name, key, size: plan.size, dryRun: true } }
  } catch (error) {
    const target = { bucket: bucket.name, key }
    const { failure, exitCode } = tellFailure(error, { source: file, ...target }, { flags, world })
    return { exitCode, fields: { ...target, code: failure.code, dryRun: true } }
  }
}

export function planLines(plan: UploadPlan): readonly string[] {
  const { source, size, partSize, partCount, resume, aborts, heldBy, mayAdopt, requests } = plan
  const how =
    partSize === undefined || partCount === undefined
      ? 'in one request'
      : `in ${countOf(partCount, 'part')} of ${formatSize(partSize)}`
  return [
    `Would upload ${source} to ${objectUrl(plan)}: ${formatSize(size)}, ${how}. Nothing was sent.`,
    ...(heldBy === undefined ? [] : [`  Not now: ${heldBy} works on it.`]),
    ...(mayAdopt
      ? [
          '  The service would be asked for an upload to adopt; what follows is for the case that there is none.',
        ]
      : []),
    ...(resume === undefined
      ? []
      : [
          `  Going on with ${resume.uploadId}: ${resume.keep} kept, ${resume.check} to be compared with the file, ${resume.send} to be sent.`,
          ...(resume.completing
            ? ['  It was about to be completed: the object would be looked at first.']
            : []),
        ]),
    ...aborts.map((id) => `  The upload ${id} would be aborted.`),
    ...requests.flatMap(({ operation, count, method, url, headers, bytes }) => [
      `  ${count} ${operation}${bytes === 0 ? '' : `, ${formatSize(bytes)}`}`,
      `    ${method} ${url}`,
      ...Object.entries(headers).map(([name, value]) => `    ${name}: ${value}`),
    ]),
  ]
}
