import { type FormEvent, type ReactNode, useMemo, useState } from 'react'
import { useClusterResources, useKubernetesContexts } from '../../src/react/browser.ts'
import { visibleText } from '../events/visible-text.ts'
import { Panel } from '../page/panel.tsx'
import { clockTime, numberText } from '../page/time-text.ts'
import { useRecentChanges } from '../page/use-recent-changes.ts'
import { type ResourceRow, resourceKey, resourceRows } from './resource-rows.ts'

/** How many rows are shown. */
const shownRows = 200

/** How many resources of each kind a namespace has, with what just changed on top. */
export function ResourcesPanel(): ReactNode {
  const [namespace, setNamespace] = useState('default')
  const followed = useClusterResources({ namespace })
  const { data: contexts } = useKubernetesContexts({ all: true })
  const names = useMemo(
    () => new Map((contexts?.contexts ?? []).map(({ kubernetes_server_id: id, name }) => [id ?? '', name ?? ''])),
    [contexts],
  )
  const resources = followed.data?.resources
  const counts = useMemo(
    () => resources && new Map(resources.map((resource) => [resourceKey(resource), resource.count])),
    [resources],
  )
  const changes = useRecentChanges(counts, namespace)
  const rows = useMemo(() => resourceRows(resources ?? [], changes, names), [resources, changes, names])
  const isOfMany = new Set(rows.map(({ cluster }) => cluster)).size > 1
  return (
    <Panel
      title="Resources"
      what="resources in this namespace"
      followed={followed}
      isEmpty={rows.length === 0}
      aside={<NamespaceForm namespace={namespace} onChange={setNamespace} />}
    >
      <ResourceTable rows={rows} isOfMany={isOfMany} />
      {rows.length > shownRows && <p className="note">{`The first ${shownRows} of ${numberText(rows.length)}.`}</p>}
    </Panel>
  )
}

interface NamespaceFormProps {
  readonly namespace: string
  readonly onChange: (namespace: string) => void
}

function NamespaceForm({ namespace, onChange }: NamespaceFormProps): ReactNode {
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault()
    const value = new FormData(event.currentTarget).get('namespace')
    onChange(typeof value === 'string' ? value.trim() : '')
  }
  return (
    <form className="namespace" onSubmit={submit}>
      <label>
        Namespace
        <input name="namespace" defaultValue={namespace} placeholder="of no namespace" spellCheck={false} />
      </label>
    </form>
  )
}

interface ResourceTableProps {
  readonly rows: readonly ResourceRow[]
  readonly isOfMany: boolean
}

const differenceText = (difference: number): string => (difference > 0 ? `+${difference}` : `−${Math.abs(difference)}`)

function ResourceTable({ rows, isOfMany }: ResourceTableProps): ReactNode {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">Kind</th>
          {isOfMany && <th scope="col">Cluster</th>}
          <th scope="col" className="number">
            Count
          </th>
          <th scope="col">Changed</th>
        </tr>
      </thead>
      <tbody>
        {rows.slice(0, shownRows).map(({ key, kind, cluster, count, change }) => (
          <tr key={key}>
            <th scope="row">{visibleText(kind, 60)}</th>
            {isOfMany && <td>{visibleText(cluster, 60)}</td>}
            <td className="number">{numberText(count)}</td>
            <td>
              {change && (
                <span className="changed" key={change.atMs}>
                  {`${differenceText(change.difference)} at ${clockTime(change.atMs)}`}
                </span>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
