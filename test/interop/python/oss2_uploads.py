"""What oss2 does with uploads in parts, resumable ones among them."""
import os
import signal
import subprocess
import sys

import oss2
from oss2.models import PartInfo

from harness import MIB, PART, equal, random_file, read
from oss2_world import refused


def parts_of(world, key, contents, **options):
    upload_id = world.bucket.init_multipart_upload(key, **options).upload_id
    parts = []
    for number, content in enumerate(contents, 1):
        result = world.bucket.upload_part(key, upload_id, number, content)
        parts.append(PartInfo(number, result.etag, size=len(content), part_crc=result.crc))
    return upload_id, parts


def whole(world):
    """parts: begin, send, list by pages, complete"""
    contents = [os.urandom(PART + number) for number in range(5)]
    upload_id, parts = parts_of(world, 'dir/中 +', contents, headers={'x-oss-meta-a': '1'})
    page = world.bucket.list_parts('dir/中 +', upload_id, marker='1', max_parts=2)
    equal(([part.part_number for part in page.parts], page.is_truncated, page.next_marker), ([2, 3], True, '3'))
    listed = list(oss2.PartIterator(world.bucket, 'dir/中 +', upload_id, max_parts=2))
    equal([(part.etag, part.size) for part in listed], [(part.etag, part.size) for part in parts])
    uploads = [(each.key, each.upload_id) for each in oss2.MultipartUploadIterator(world.bucket)]
    equal(uploads, [('dir/中 +', upload_id)])
    world.bucket.complete_multipart_upload('dir/中 +', upload_id, parts)
    got = world.bucket.get_object('dir/中 +')
    equal((got.read(), got.headers['x-oss-object-type'], got.headers['x-oss-meta-a']), (b''.join(contents), 'Multipart', '1'))
    assert got.etag.endswith('-5'), got.etag


def chosen(world):
    """parts: replaced, left out, all of them; too small, unknown and unordered ones"""
    upload_id, parts = parts_of(world, 'k', [b'a' * PART, b'b' * PART, b'c' * 10])
    replaced = world.bucket.upload_part('k', upload_id, 1, b'd' * PART)
    refused(lambda: world.bucket.complete_multipart_upload('k', upload_id, parts), status=400, code='InvalidPart')
    # The client sorts a list before it sends it; one with the smallest part in front is too small.
    small = world.bucket.init_multipart_upload('small').upload_id
    tags = [world.bucket.upload_part('small', small, number, content).etag for number, content in [(1, b'x'), (2, b'y')]]
    refused(
        lambda: world.bucket.complete_multipart_upload('small', small, [PartInfo(1, tags[0]), PartInfo(2, tags[1])]),
        status=400, code='EntityTooSmall',
    )
    world.bucket.complete_multipart_upload('k', upload_id, [PartInfo(1, replaced.etag), parts[2]])
    equal(world.bucket.get_object('k').read(), b'd' * PART + b'c' * 10)
    upload_id, _ = parts_of(world, 'all', [b'a' * PART, b'b'])
    world.bucket.complete_multipart_upload('all', upload_id, None, headers={'x-oss-complete-all': 'yes'})
    equal(world.bucket.get_object('all').read(), b'a' * PART + b'b')


def gone(world):
    """parts: an upload that was aborted or completed is gone"""
    upload_id, parts = parts_of(world, 'k', [b'x'])
    world.bucket.abort_multipart_upload('k', upload_id)
    for call in [
        lambda: world.bucket.upload_part('k', upload_id, 1, b'x'),
        lambda: world.bucket.list_parts('k', upload_id),
        lambda: world.bucket.complete_multipart_upload('k', upload_id, parts),
        lambda: world.bucket.abort_multipart_upload('k', upload_id),
    ]:
        refused(call, status=404, code='NoSuchUpload', UploadId=upload_id)


def copied(world):
    """parts: copied from objects, whole and by range"""
    content = os.urandom(3 * PART)
    world.bucket.put_object('source', content)
    upload_id = world.bucket.init_multipart_upload('k').upload_id
    first = world.bucket.upload_part_copy(world.name, 'source', None, 'k', upload_id, 1)
    second = world.bucket.upload_part_copy(world.name, 'source', (10, PART + 9), 'k', upload_id, 2)
    sent = world.bucket.upload_part('k', upload_id, 3, b'end')
    etags = [first.etag, second.etag, sent.etag]
    world.bucket.complete_multipart_upload('k', upload_id, [PartInfo(n, etag) for n, etag in enumerate(etags, 1)])
    world.bucket.delete_object('source')
    equal(world.bucket.get_object('k').read(), content + content[10:PART + 10] + b'end')


def forbid_overwrite(world):
    """parts: forbid-overwrite at the beginning and at the end"""
    never = {'x-oss-forbid-overwrite': 'true'}
    upload_id, parts = parts_of(world, 'k', [b'x'])
    world.bucket.put_object('k', b'first')
    refused(lambda: world.bucket.init_multipart_upload('k', headers=never), status=409, code='FileAlreadyExists')
    refused(
        lambda: world.bucket.complete_multipart_upload('k', upload_id, parts, headers=never),
        status=409, code='FileAlreadyExists',
    )
    world.bucket.complete_multipart_upload('k', upload_id, parts)
    equal(world.bucket.get_object('k').read(), b'x')


def resumable(world):
    """resumable_upload: sizes around the threshold and the part size, threads, progress, headers"""
    store = oss2.ResumableStore(root=world.folder, dir='store')
    for size in [0, 1, PART - 1, PART, PART + 1, 5 * PART, 5 * PART + 1]:
        path = random_file(world.folder, size)
        calls = []
        oss2.resumable_upload(
            world.bucket, 'dir/中 +', path, store=store, headers={'x-oss-meta-a': '1'}, multipart_threshold=PART,
            part_size=PART, num_threads=3, progress_callback=lambda *call: calls.append(call),
        )
        got = world.bucket.get_object('dir/中 +')
        equal((got.read(), got.headers['x-oss-meta-a']), (read(path), '1'))
        if size > 0:
            equal(calls[-1], (size, size))
        equal(os.listdir(os.path.join(world.folder, 'store')), [])


KILLED = '''
import os, signal, sys
import oss2
from oss2_world import World
name, folder, path, kind = sys.argv[1:]
world = World(name, folder)
def kill(consumed, total):
    if total and consumed > total // 2:
        os.kill(os.getpid(), signal.SIGKILL)
if kind == 'up':
    oss2.resumable_upload(world.bucket, 'k', path, store=oss2.ResumableStore(root=folder, dir='store'),
        multipart_threshold=0, part_size=102400, num_threads=2, progress_callback=kill)
else:
    oss2.resumable_download(world.bucket, 'k', path, store=oss2.ResumableDownloadStore(root=folder, dir='down'),
        multiget_threshold=0, part_size=102400, num_threads=2, progress_callback=kill)
'''


def killed(world, path, kind):
    ended = subprocess.run(
        [sys.executable, '-c', KILLED, world.name, world.folder, path, kind],
        cwd=os.path.dirname(os.path.abspath(__file__)), timeout=120,
    )
    equal(ended.returncode, -signal.SIGKILL)


def resumed(world):
    """resumable_upload: killed half-way, goes on and sends only what was missing"""
    path = random_file(world.folder, 20 * PART + 1)
    killed(world, path, 'up')
    (upload,) = oss2.MultipartUploadIterator(world.bucket)
    before = [part.part_number for part in oss2.PartIterator(world.bucket, 'k', upload.upload_id)]
    assert 5 < len(before) < 21, before
    sent = []
    oss2.resumable_upload(
        world.bucket, 'k', path, store=oss2.ResumableStore(root=world.folder, dir='store'), multipart_threshold=0,
        part_size=PART, progress_callback=lambda consumed, total: sent.append(consumed),
    )
    equal(world.bucket.get_object('k').read(), read(path))
    assert sent[0] >= (len(before) - 3) * PART, (sent[0], len(before))
    equal(list(oss2.MultipartUploadIterator(world.bucket)), [])


def downloaded(world):
    """resumable_download: killed half-way, goes on; the file is right"""
    path = random_file(world.folder, 20 * PART + 1)
    world.bucket.put_object_from_file('k', path)
    target = os.path.join(world.folder, 'target')
    killed(world, target, 'down')
    assert not os.path.exists(target)
    oss2.resumable_download(
        world.bucket, 'k', target, store=oss2.ResumableDownloadStore(root=world.folder, dir='down'),
        multiget_threshold=0, part_size=PART, num_threads=3,
    )
    equal(read(target), read(path))


def limited(world):
    """traffic limit: a put and a get with it"""
    from oss2.models import OSS_TRAFFIC_LIMIT
    slow = {OSS_TRAFFIC_LIMIT: str(100 * MIB)}
    world.bucket.put_object('k', b'x' * MIB, headers=slow)
    equal(world.bucket.get_object('k', headers=slow).read(), b'x' * MIB)
    refused(
        lambda: world.bucket.put_object('k', b'x', headers={OSS_TRAFFIC_LIMIT: '1'}), status=400, code='InvalidArgument'
    )


TESTS = [whole, chosen, gone, copied, forbid_overwrite, resumable, resumed, downloaded, limited]
