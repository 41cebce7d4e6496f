import { useEffect, useState } from 'react'
import { type ServerInfo, serverInfoOf } from './server-info.ts'

/** Undefined while the dashboard does not answer, or refuses this browser: the panels show why. */
async function readSummary(signal: AbortSignal): Promise<unknown> {
  try {
    const response = await fetch('dashboard.json', { signal, headers: { accept: 'application/json' } })
    return response.ok ? await response.json() : undefined
  } catch {
    // The dashboard is away, or answers with something else. It is read again after the next change of the connection.
    return undefined
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
    info: serverInfoOf(undefined, location.origin),
    wasConnected: undefined,
  }))
  const isCurrent = wasConnected === isConnected
  useEffect(() => {
    if (isCurrent) return undefined
    // After a break that is over before the answer comes, it is read all the same.
    setKnown((known) => (known.wasConnected === undefined ? known : { ...known, wasConnected: undefined }))
    const ending = new AbortController()
    void readSummary(ending.signal).then((summary) => {
      if (ending.signal.aborted || summary === undefined) return
      setKnown({ info: serverInfoOf(summary, location.origin), wasConnected: isConnected })
    })
    return () => ending.abort()
  }, [isCurrent, isConnected])
  return info
}
