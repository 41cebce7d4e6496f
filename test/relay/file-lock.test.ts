// One program at a time uses a file.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { canBeLocked, lockFile } from '../../src/relay/file-lock.ts'

const newFile = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'meshery-live-lock-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return join(folder, 'cursor.json')
}

const holding = (path: string, holder: object): void => writeFileSync(`${path}.lock`, JSON.stringify(holder))

/** A process that has ended. */
const deadPid = async (): Promise<number> => {
  const child = spawn(process.execPath, ['-e', ''])
  await once(child, 'exit')
  return child.pid ?? Number.NaN
}

test('a lock is held until it is released', async () => {
  const path = newFile()
  const lock = await lockFile(path)
  await expect(lockFile(path)).rejects.toMatchObject({
    code: 'INVALID_OPTION',
    message: `The file ${path} is in use by process ${process.pid} on ${hostname()}`,
    remedy: expect.stringContaining(`${path}.lock`),
  })
  await lock.release()
  expect(existsSync(`${path}.lock`)).toBe(false)
  await (await lockFile(path)).release()
})

test('a process that has ended does not keep its lock', async () => {
  const path = newFile()
  holding(path, { pid: await deadPid(), host: hostname(), started: null })
  const lock = await lockFile(path)
  expect(JSON.parse(readFileSync(`${path}.lock`, 'utf8'))).toMatchObject({ pid: process.pid })
  await lock.release()
})

test.runIf(process.platform === 'linux')('nor does one whose id another process has now', async () => {
  const path = newFile()
  holding(path, { pid: process.pid, host: hostname(), started: '1' })
  await (await lockFile(path)).release()
})

test('a lock of another host is held while it is renewed', async () => {
  const path = newFile()
  holding(path, { pid: 1, host: 'elsewhere.example', started: null })
  await expect(lockFile(path)).rejects.toThrow('process 1 on elsewhere.example')
  const before = new Date(Date.now() - 61_000)
  utimesSync(`${path}.lock`, before, before)
  await (await lockFile(path)).release()
})

test('a lock that is not written yet is held', async () => {
  const path = newFile()
  writeFileSync(`${path}.lock`, '')
  await expect(lockFile(path)).rejects.toThrow('is in use by another process')
})

test('of several that take over a lock at once, one gets it', async () => {
  const path = newFile()
  holding(path, { pid: await deadPid(), host: hostname(), started: null })
  const taken = await Promise.allSettled(Array.from({ length: 5 }, () => lockFile(path)))
  expect(taken.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
})

test('a file can be locked if it is a file, or may become one, in a folder that can be written', async () => {
  const path = newFile()
  expect(await canBeLocked(path)).toBe(true)
  writeFileSync(path, '')
  expect(await canBeLocked(path)).toBe(true)
  expect(await canBeLocked('/dev/null')).toBe(false)
})
