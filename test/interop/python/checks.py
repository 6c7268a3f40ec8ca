"""What users of the OSS SDK for Python do, against a server given by the environment. One line per check, `ok` or `FAILED`.

The server has to serve its control paths: by them a check makes a request fail.
"""
import json
import logging
import os
import sys
import tempfile
import traceback
import urllib.request

import oss2

# A refusal that a check asks for is no news.
logging.getLogger('oss2').addHandler(logging.NullHandler())

ENDPOINT = os.environ['OSS_ENDPOINT']
VERSION = os.environ['OSS_SIGNATURE_VERSION']
PART = 100 * 1024
KEYS = ['plain', 'dir/a b+c', 'dir/%2F?&=', 'dir/中文 ü', '😀']


def make_bucket(**options):
    auth = {'v1': oss2.Auth, 'v4': oss2.AuthV4}[VERSION]
    keys = auth(os.environ['OSS_ACCESS_KEY_ID'], os.environ['OSS_ACCESS_KEY_SECRET'])
    return oss2.Bucket(keys, ENDPOINT, os.environ['OSS_BUCKET'], region=os.environ['OSS_REGION'], **options)


bucket = make_bucket()


def control(method, path, value=None):
    request = urllib.request.Request(
        f'{ENDPOINT}/_longhaul/{path}',
        method=method,
        data=None if value is None else json.dumps(value).encode(),
        headers={'content-type': 'application/json'},
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def asked(operation):
    return [entry for entry in control('GET', 'requests') if entry.get('operation') == operation]


def random_file(folder, size):
    path = os.path.join(folder, f'file-{size}')
    with open(path, 'wb') as file:
        file.write(os.urandom(size))
    return path


def read(path):
    with open(path, 'rb') as file:
        return file.read()


def equal(actual, expected):
    assert actual == expected, f'{actual!r} is not {expected!r}'


def check_objects(folder):
    for index, key in enumerate(KEYS):
        content = os.urandom(1000 + index)
        put = bucket.put_object(key, content, headers={'x-oss-meta-index': str(index)})
        equal(put.status, 200)
        head = bucket.head_object(key)
        equal(head.content_length, len(content))
        equal(head.headers['x-oss-meta-index'], str(index))
        equal(head.etag, put.etag)
        equal(bucket.get_object(key).read(), content)
        equal(bucket.get_object(key, byte_range=(10, 19)).read(), content[10:20])
        assert bucket.object_exists(key)
    equal({entry.key for entry in oss2.ObjectIterator(bucket, max_keys=2)}, set(KEYS))
    equal({entry.key for entry in oss2.ObjectIteratorV2(bucket, max_keys=2)}, set(KEYS))
    equal(bucket.list_objects(delimiter='/').prefix_list, ['dir/'])
    for key in KEYS:
        equal(bucket.delete_object(key).status, 204)
        assert not bucket.object_exists(key)
    try:
        bucket.get_object('plain')
    except oss2.exceptions.NoSuchKey as error:
        equal(error.status, 404)
    else:
        raise AssertionError('a deleted object was read')


def check_sizes(folder):
    store = oss2.ResumableStore(root=folder, dir='store')
    for size in [0, 1, PART - 1, PART, PART + 1, 5 * PART, 5 * PART + 1]:
        path = random_file(folder, size)
        control('DELETE', 'requests')
        result = oss2.resumable_upload(
            bucket, 'k', path, store=store, multipart_threshold=PART, part_size=PART, num_threads=3
        )
        equal(result.status, 200)
        equal(bucket.get_object('k').read(), read(path))
        equal(len(asked('UploadPart')), 0 if size < PART else -(-size // PART))
        equal(os.listdir(os.path.join(folder, 'store')), [])


def check_headers_and_progress(folder):
    path = random_file(folder, 7 * PART + 1)
    calls = []
    oss2.resumable_upload(
        bucket,
        'dir/中 文+.dat',
        path,
        store=oss2.ResumableStore(root=folder),
        headers={'x-oss-meta-word': 'value', 'Content-Type': 'text/x-odd', 'x-oss-storage-class': 'IA'},
        multipart_threshold=0,
        part_size=PART,
        progress_callback=lambda consumed, total: calls.append((consumed, total)),
        num_threads=4,
    )
    equal(calls[-1], (7 * PART + 1, 7 * PART + 1))
    head = bucket.head_object('dir/中 文+.dat')
    equal(head.headers['x-oss-meta-word'], 'value')
    equal(head.content_type, 'text/x-odd')
    equal(head.object_type, 'Multipart')


def check_resuming(folder):
    path = random_file(folder, 6 * PART + 1)
    store = oss2.ResumableStore(root=folder, dir='store')
    control(
        'POST',
        'faults',
        {'operation': 'UploadPart', 'partNumber': 4, 'effect': 'error', 'code': 'InternalError'},
    )
    options = dict(store=store, multipart_threshold=0, part_size=PART)
    control('DELETE', 'requests')
    try:
        oss2.resumable_upload(bucket, 'k', path, **options)
    except oss2.exceptions.ServerError as error:
        equal((error.status, error.code), (500, 'InternalError'))
        assert error.request_id
    else:
        raise AssertionError('the fault was not met')
    equal(len(os.listdir(os.path.join(folder, 'store'))), 1)
    stored = {entry['partNumber'] for entry in asked('UploadPart') if entry['status'] == 200}
    control('DELETE', 'requests')
    oss2.resumable_upload(bucket, 'k', path, **options)
    again = {entry['partNumber'] for entry in asked('UploadPart')}
    equal(again, set(range(1, 8)) - stored)
    equal(bucket.get_object('k').read(), read(path))
    equal(os.listdir(os.path.join(folder, 'store')), [])


def check_parts(folder):
    upload_id = bucket.init_multipart_upload('dir/parts').upload_id
    contents = [os.urandom(PART + number) for number in range(5)]
    parts = []
    for number, content in enumerate(contents, 1):
        result = bucket.upload_part('dir/parts', upload_id, number, content)
        parts.append(oss2.models.PartInfo(number, result.etag, size=len(content), part_crc=result.crc))
    page = bucket.list_parts('dir/parts', upload_id, marker='1', max_parts=2)
    equal([part.part_number for part in page.parts], [2, 3])
    equal((page.is_truncated, page.next_marker), (True, '3'))
    listed = list(oss2.PartIterator(bucket, 'dir/parts', upload_id, max_parts=2))
    equal([part.size for part in listed], [len(content) for content in contents])
    equal([part.etag for part in listed], [part.etag for part in parts])
    uploads = [(each.key, each.upload_id) for each in oss2.MultipartUploadIterator(bucket)]
    equal(uploads, [('dir/parts', upload_id)])
    bucket.complete_multipart_upload('dir/parts', upload_id, parts)
    equal(bucket.get_object('dir/parts').read(), b''.join(contents))
    abandoned = bucket.init_multipart_upload('dir/parts').upload_id
    bucket.abort_multipart_upload('dir/parts', abandoned)
    try:
        bucket.list_parts('dir/parts', abandoned)
    except oss2.exceptions.NoSuchUpload as error:
        equal(error.status, 404)
    else:
        raise AssertionError('an aborted upload was listed')


def check_download(folder):
    path = random_file(folder, 5 * PART + 3)
    bucket.put_object_from_file('k', path)
    target = os.path.join(folder, 'down')
    oss2.resumable_download(
        bucket,
        'k',
        target,
        store=oss2.ResumableDownloadStore(root=folder),
        multiget_threshold=0,
        part_size=PART,
        num_threads=3,
    )
    equal(read(target), read(path))


def check_signed_url(folder):
    bucket.put_object('dir/signed', b'hello')
    for slash_safe in [True, False]:
        url = bucket.sign_url('GET', 'dir/signed', 60, slash_safe=slash_safe)
        with urllib.request.urlopen(url) as answer:
            equal(answer.read(), b'hello')


def check_refusals(folder):
    auth = {'v1': oss2.Auth, 'v4': oss2.AuthV4}[VERSION]
    wrong = oss2.Bucket(
        auth(os.environ['OSS_ACCESS_KEY_ID'], 'wrong'),
        ENDPOINT,
        os.environ['OSS_BUCKET'],
        region=os.environ['OSS_REGION'],
    )
    try:
        wrong.put_object('k', b'x' * 1000000)
    except oss2.exceptions.SignatureDoesNotMatch as error:
        equal(error.status, 403)
    else:
        raise AssertionError('a wrong secret was let in')
    try:
        bucket.put_object('k', b'x', headers={'Content-MD5': '1B2M2Y8AsgTpgAmY7PhCfg=='})
    except oss2.exceptions.ServerError as error:
        equal((error.status, error.code), (400, 'InvalidDigest'))
    else:
        raise AssertionError('a wrong digest was let in')


def main():
    failed = 0
    for name, check in sorted(globals().items()):
        if not name.startswith('check_'):
            continue
        control('DELETE', 'requests')
        control('DELETE', 'faults')
        try:
            with tempfile.TemporaryDirectory() as folder:
                check(folder)
            print(f'ok {VERSION} {name[6:]}')
        except Exception:
            failed += 1
            traceback.print_exc()
            print(f'FAILED {VERSION} {name[6:]}')
        for each in oss2.ObjectIterator(bucket):
            bucket.delete_object(each.key)
    sys.exit(1 if failed else 0)


main()
