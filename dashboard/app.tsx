import type { ReactNode } from 'react'
import type { Status } from '../src/browser.ts'
import { type ConnectionStatus, useConnectionStatus } from '../src/react/browser.ts'
import { TimelinePanel } from './events/timeline-panel.tsx'
import { useEventLog } from './events/use-event-log.ts'
import { useTimeline } from './events/use-timeline.ts'
import { ConnectionBar } from './page/connection-bar.tsx'
import { useFilter } from './page/use-filter.ts'
import { useServerInfo } from './page/use-server-info.ts'
import { ClustersPanel } from './panels/clusters-panel.tsx'
import { DesignsPanel } from './panels/designs-panel.tsx'
import { LoadTestsPanel } from './panels/load-tests-panel.tsx'
import { ResourcesPanel } from './panels/resources-panel.tsx'

/** The whole page. */
export function App(): ReactNode {
  const [filter, changeFilter] = useFilter()
  const events = useEventLog(filter.since)
  const timeline = useTimeline(events.log, filter)
  const connection = useConnectionStatus()
  const info = useServerInfo(connection.isConnected)
  // A release without events still has a connection.
  const status = events.error?.code === 'UNSUPPORTED' ? statusOf(connection) : events.status
  return (
    <>
      <ConnectionBar status={status} info={info} notices={events.notices} />
      <main className="columns">
        <TimelinePanel events={events} timeline={timeline} filter={filter} onFilter={changeFilter} ui={info.ui} />
        <div className="panels">
          <ClustersPanel />
          <DesignsPanel />
          <LoadTestsPanel />
          <ResourcesPanel />
        </div>
      </main>
    </>
  )
}

const statusOf = ({ isConnected: _, ...connection }: ConnectionStatus): Status | null => {
  const { state } = connection
  return state === 'idle' ? null : { ...connection, state }
}
