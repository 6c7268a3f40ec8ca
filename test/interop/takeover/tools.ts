/** The tools whose unfinished uploads are taken over: how each is installed, started on a file, and where its checkpoint is. */
import { randomBytes } from 'node:crypto'
import { copyFile, mkdir, readdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fixture } from '../../support/paths.js'
import { findGo } from '../go/module.js'
import { MODULE, VERSION } from '../go/tests.js'
import { buildOssutil } from '../ossutil/ossutil.js'
import type { PartContext } from '../part.js'
import { mustRun } from '../programs.js'
import { pythonWith, versionOf } from '../python/python.js'

export interface Upload {
  readonly bucket: string
  readonly key: string
  /** Where the tool runs. */
  readonly folder: string
  /** In that folder. */
  readonly file: string
  readonly partSize: number
}

export interface Tool {
  /** As `takeover` calls it. */
  readonly name: string
  /** Its name and version, for the table. */
  readonly title: string
  /** What to run in a folder that is working folder, home and folder of temporary files in one. */
  command(
    upload: Upload,
    signature: 'v1' | 'v4',
  ): { readonly program: string; readonly args: readonly string[] }
  /** Of its checkpoint, in that folder. */
  readonly checkpoints: string
  readonly isCheckpoint: (name: string) => boolean
  /** What `takeover` has to be told beside the checkpoint. */
  readonly needsBucket: boolean
  /** Can it begin an upload whose parts have to come in order? */
  readonly knowsSequential: boolean
  /** Does `takeover --scan` find it without being told where? */
  readonly isFoundByScan: boolean
}

const words = ({ bucket, key, file, partSize }: Upload): readonly string[] => [
  bucket,
  key,
  file,
  String(partSize),
]
const isUcp = (name: string): boolean => name.endsWith('.ucp')

export async function installTools(context: PartContext): Promise<readonly Tool[]> {
  return [
    await oss2(context),
    await pythonV2(context),
    await goV2(context),
    await ossutil1(context),
    aliOss(context),
  ]
}

async function oss2(context: PartContext): Promise<Tool> {
  const python = await pythonWith(context, 'oss2', 'venv-oss2')
  const script = fixture('test/interop/takeover/oss2_upload.py')
  return {
    name: 'oss2',
    title: `oss2 ${await versionOf(python, 'oss2')}`,
    command: (upload) => ({ program: python, args: [script, ...words(upload)] }),
    checkpoints: '.py-oss-upload',
    isCheckpoint: (name) => name.includes('--'),
    needsBucket: false,
    knowsSequential: true,
    isFoundByScan: true,
  }
}

async function pythonV2(context: PartContext): Promise<Tool> {
  const name = 'alibabacloud-oss-v2'
  const python = await pythonWith(context, name, 'venv-v2')
  const script = fixture('test/interop/takeover/v2_upload.py')
  return {
    name: 'python-v2',
    title: `${name} ${await versionOf(python, name)}`,
    command: (upload) => ({ program: python, args: [script, ...words(upload)] }),
    checkpoints: '.',
    isCheckpoint: isUcp,
    needsBucket: false,
    knowsSequential: false,
    isFoundByScan: true,
  }
}

async function goV2(context: PartContext): Promise<Tool> {
  const go = await findGo(join(context.folder, 'go'))
  const cwd = join(context.folder, `upload-${randomBytes(4).toString('hex')}`)
  await mkdir(cwd)
  await copyFile(fixture('test/interop/takeover/go/main.go'), join(cwd, 'main.go'))
  const options = { cwd, env: go.env, limitMs: 600_000 }
  context.say(`building a program with ${MODULE} ${VERSION}`)
  await mustRun(go.program, ['mod', 'init', 'upload'], options)
  await mustRun(go.program, ['get', `${MODULE}/oss@${VERSION}`], options)
  const program = join(cwd, 'upload')
  await mustRun(go.program, ['build', '-o', program, '.'], options)
  return {
    name: 'go-v2',
    title: `OSS Go SDK v2 ${VERSION.slice(1)}`,
    command: (upload) => ({ program, args: words(upload) }),
    checkpoints: '.',
    isCheckpoint: isUcp,
    needsBucket: false,
    knowsSequential: true,
    isFoundByScan: true,
  }
}

async function ossutil1(context: PartContext): Promise<Tool> {
  context.say('building ossutil 1')
  const { program, version } = await buildOssutil(join(context.folder, 'ossutil'))
  return {
    name: 'go-v1',
    title: `ossutil ${version}`,
    command: ({ bucket, key, file, partSize }, signature) => {
      const { OSS_ENDPOINT, OSS_REGION, OSS_ACCESS_KEY_ID, OSS_ACCESS_KEY_SECRET } = variables
      const size = String(partSize)
      return {
        program,
        args: [
          ...['cp', file, `oss://${bucket}/${key}`, '--bigfile-threshold', size, '--part-size', size],
          ...['--jobs', '1', '--parallel', '2', '-f', '--meta', 'x-oss-meta-a:1', '-c', 'no-configuration'],
          ...['-e', OSS_ENDPOINT, '-i', OSS_ACCESS_KEY_ID, '-k', OSS_ACCESS_KEY_SECRET],
          ...['--region', OSS_REGION, '--sign-version', signature],
        ],
      }
    },
    checkpoints: '.ossutil_checkpoint',
    isCheckpoint: (name) => name.endsWith('.cp'),
    needsBucket: true,
    knowsSequential: false,
    isFoundByScan: true,
  }
}

function aliOss(_context: PartContext): Tool {
  const { version } = createRequire(import.meta.url)('ali-oss/package.json') as { version: string }
  const script = fixture('test/interop/takeover/ali-oss-upload.mjs')
  return {
    name: 'ali-oss',
    title: `ali-oss ${version}`,
    // A path relative to a folder that nobody wrote down would have to be told to takeover.
    command: (upload) => ({
      program: process.execPath,
      args: [script, ...words({ ...upload, file: join(upload.folder, upload.file) }), 'checkpoint.json'],
    }),
    checkpoints: '.',
    isCheckpoint: (name) => name === 'checkpoint.json',
    needsBucket: true,
    knowsSequential: false,
    isFoundByScan: false,
  }
}

/** Placeholders for settings that a tool takes as arguments; whoever runs it puts the values in. */
export const variables = {
  OSS_ENDPOINT: '{OSS_ENDPOINT}',
  OSS_REGION: '{OSS_REGION}',
  OSS_ACCESS_KEY_ID: '{OSS_ACCESS_KEY_ID}',
  OSS_ACCESS_KEY_SECRET: '{OSS_ACCESS_KEY_SECRET}',
} as const

/** Names of checkpoints of the tool in the folder where it ran. */
export async function checkpointsOf(tool: Tool, folder: string): Promise<readonly string[]> {
  const names = await readdir(join(folder, tool.checkpoints)).catch(() => [])
  return names.filter(tool.isCheckpoint).map((name) => join(folder, tool.checkpoints, name))
}
