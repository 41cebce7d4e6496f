import { useEffect, useState } from 'react'
import { type ServerInfo, serverInfoOf } from './server-info.ts'

interface Answer {
  readonly status: number
  readonly body: unknown
}

async function readSummary(signal: AbortSignal): Promise<Answer> {
  try {
    const response = await fetch('dashboard.json', { signal, headers: { accept: 'application/json' } })
    return { status: response.status, body: response.ok ? await response.json() : undefined }
  } catch {
    // The dashboard is away, or answers with something else. The connection shows it, and this is read again when it is back.
    return { status: 0, body: undefined }
  }
}

interface KnownInfo {
  readonly info: ServerInfo
  /** Whether the page was connected when it was read. Undefined before it was read. */
  readonly wasConnected: boolean | undefined
}

/** What is known of the server: read at first, and after each change of the connection, since it may be another release then. */
export function useServerInfo(isConnected: boolean): ServerInfo {
  const [{ info, wasConnected }, setKnown] = useState<KnownInfo>(() => ({
    info: { ...serverInfoOf(undefined, location.origin), isRefused: false },
    wasConnected: undefined,
  }))
  const isCurrent = wasConnected === isConnected
  useEffect(() => {
    if (isCurrent) return undefined
    const ending = new AbortController()
    void readSummary(ending.signal).then(({ status, body }) => {
      if (ending.signal.aborted || status === 0) return
      const read = serverInfoOf(body, location.origin)
      setKnown({ info: { ...read, isRefused: status === 403 }, wasConnected: isConnected })
    })
    return () => ending.abort()
  }, [isCurrent, isConnected])
  return info
}
