/** The codes of Longhaul itself: the `code` of an `UploadError`, of an `error` line in JSON, and the exit code it ends with. */
import type { Explanation, OwnExplanations } from './explanation.js'

export const ownCodes: OwnExplanations = {
  'invalid-argument': {
    meaning: 'Something in the call is wrong in itself: a flag, a name, a size, an endpoint, a header.',
    advice: 'Read the message, which names it, and change the call. The same call again fails again.',
  },
  'source-missing': {
    meaning: 'The file does not exist, is a folder or can not be read.',
    advice: 'Check the name and the permissions. What was sent of an earlier run is kept.',
  },
  'source-changed': {
    meaning: 'The file got another size or was replaced while it was read, or changed again and again.',
    advice:
      'Run the same call again when nobody writes to the file; only what differs is sent. A file in use: upload a snapshot.',
  },
  interrupted: {
    meaning:
      'Nothing went forward for the time allowed: no network, no answer, or the service kept refusing work.',
    advice: 'Run the same call again: it goes on where it stopped. --retry-for forever waits out any outage.',
  },
  denied: {
    meaning:
      'The service refused the key, the signature, the time or the permission; keys expired and nothing renews them; or its certificate is not believed.',
    advice:
      "Check the access key and its permissions, and this machine's clock; give an unknown certificate's authority with --ca-file. Then run the same call again: parts are kept.",
  },
  'not-found': {
    meaning: 'There is no such bucket, object or upload.',
    advice:
      'Check the name, and that the endpoint is that of the region where the bucket is. longhaul ls shows buckets.',
  },
  integrity: {
    meaning: 'What the service says it has is not what was read: checksums differ also after several tries.',
    advice:
      'Something between here and the service, or the memory or disk of this machine, changes bytes. The object was not accepted as right. Try another network; then report it.',
  },
  'commit-unknown': {
    meaning: 'The answer to the last request was lost, and the service could not be asked what became of it.',
    advice:
      'Run the same call again: it looks at the object first, and goes on or ends as done. The checkpoint is kept.',
  },
  locked: {
    meaning: 'Another process works on this target, and the message says which.',
    advice:
      'Wait for it or stop it. If it is gone but can not be proved dead, as on another machine, use --steal.',
  },
  conflict: {
    meaning:
      "Somebody else's work stands in the way: an object that may not be replaced, a newer object, an upload that is gone or does not fit.",
    advice:
      'Look at what is there (longhaul stat), then choose another key, drop --forbid-overwrite, or begin anew with --restart.',
  },
  'options-changed': {
    meaning: 'The unfinished upload was begun with other headers, and they can not be changed any more.',
    advice: 'Give the headers of the first call, or --restart to begin anew with the present ones.',
  },
  'store-unusable': {
    meaning:
      'The folder of checkpoints can not be used: no permission, no space, no home directory. Nothing was sent.',
    advice: 'Repair it, or name another with --store or LONGHAUL_STORE.',
  },
  'callback-failed': {
    meaning: 'The object is stored and right, but the callback that was asked for failed.',
    advice: 'Do not upload again. Look at who was to be called back, and tell it by other means.',
  },
  unsupported: {
    meaning: 'The service does not know what was asked.',
    advice: 'Leave the flag or header out, or use a service that has it.',
  },
  internal: {
    meaning: 'A mistake of Longhaul itself.',
    advice: 'Report it with the output of the same call under LONGHAUL_DEBUG=1. What was sent is kept.',
  },
  cancelled: {
    meaning: 'Ctrl-C, a signal or the caller stopped it. What was sent is kept.',
    advice: 'Run the same call again to go on, or longhaul discard to give it up.',
  },
}

export const exitCodes: Readonly<Record<number, Explanation>> = {
  0: { meaning: 'Done. The object is there, and its checksum is that of the file.', advice: 'Nothing.' },
  1: {
    meaning:
      'A failure without an exit code of its own (unsupported, internal), or failures of several kinds.',
    advice: 'Read the message; with --json the code of each error line.',
  },
  2: { meaning: 'Wrong usage: invalid-argument.', advice: 'Change the call. Repeating it is of no use.' },
  3: {
    meaning: 'Some of several sources failed, the others are done.',
    advice: 'Read which. The same call again, or longhaul resume, takes up what is missing.',
  },
  4: {
    meaning: 'The file is missing or changed: source-missing, source-changed.',
    advice: 'Check the file, then the same call again.',
  },
  5: {
    meaning: 'Interrupted: nothing went forward for the time allowed, and all that was sent is kept.',
    advice: 'The same call again, by hand, by cron or by systemd.',
  },
  6: { meaning: 'Denied by the service.', advice: 'Check key, permissions and clock.' },
  7: { meaning: 'No such bucket, object or upload: not-found.', advice: 'Check names and endpoint.' },
  8: {
    meaning: 'Checksums differ, or nobody can tell whether the object was made: integrity, commit-unknown.',
    advice: 'With commit-unknown the same call again; with integrity look for what changes bytes.',
  },
  9: {
    meaning: 'Held by another process, or in conflict: locked, conflict, options-changed.',
    advice: 'Read the message: wait, choose another key, or begin anew.',
  },
  10: { meaning: 'The store can not be used: store-unusable.', advice: 'Repair the folder or name another.' },
  11: { meaning: 'The object is there, its callback failed.', advice: 'Do not upload again.' },
  129: { meaning: 'Stopped by SIGHUP: the terminal closed.', advice: 'The same call again goes on.' },
  130: { meaning: 'Stopped by SIGINT, Ctrl-C.', advice: 'The same call again goes on.' },
  143: { meaning: 'Stopped by SIGTERM.', advice: 'The same call again goes on.' },
}
