import { expect, test } from 'vitest'
import { run } from './program.ts'

test('demo shows every transport and loses nothing', { timeout: 40_000 }, async () => {
  const { code, stdout, stderr } = await run(['demo'])
  expect(stdout).toMatch(/live over websocket.*waiting: .*gap of .*live over sse.*polling: /s)
  const [, stored, delivered] =
    /(\d+) events were stored and (\d+) delivered: each once and in order/.exec(stdout) ?? []
  expect(Number(stored)).toBeGreaterThan(10)
  expect(delivered).toBe(stored)
  for (const change of [
    'context k8s-dev added: Kubernetes v1.31.4',
    'MESHSYNC of k8s-dev updated: RUNNING',
    'MESHSYNC of k8s-prod added: RUNNING',
    'context k8s-dev updated: Kubernetes v1.32.1',
    'context k8s-prod removed: ',
    'MESHSYNC of k8s-prod removed: ',
  ])
    expect(stdout).toContain(`  ${change}`)
  expect(stdout).toContain('Contexts and controllers ended as they are on the server.')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
})
