import { type ReactNode, useMemo } from 'react'
import { useControllers, useKubernetesContexts } from '../../src/react/browser.ts'
import { visibleText } from '../events/visible-text.ts'
import { Panel } from '../page/panel.tsx'
import type { RecentChange } from '../page/recent-changes.ts'
import { dayText, numberText, timeText } from '../page/time-text.ts'
import { useRecentChanges } from '../page/use-recent-changes.ts'
import { type CardController, type ClusterCard, clusterCards } from './cluster-cards.ts'

type Changes = ReadonlyMap<string, RecentChange<string>>

/** How many cards are shown. */
const shownCards = 50

/** A card for each cluster: its name and version, its controllers, since when. */
export function ClustersPanel(): ReactNode {
  const contexts = useKubernetesContexts({ all: true })
  const controllers = useControllers()
  const cards = useMemo(
    () => clusterCards(contexts.data?.contexts ?? [], controllers.data ?? []),
    [contexts.data, controllers.data],
  )
  const isKnown = controllers.data !== undefined
  const statuses = useMemo(
    () =>
      isKnown
        ? new Map(
            cards.flatMap((card) => card.controllers.map(({ key, status }) => [key, status ?? 'unknown'] as const)),
          )
        : undefined,
    [cards, isKnown],
  )
  const changes = useRecentChanges(statuses)
  return (
    <Panel title="Clusters" what="clusters" followed={contexts} isEmpty={cards.length === 0}>
      <ul className="cards">
        {cards.slice(0, shownCards).map((card) => (
          <Card key={card.key} card={card} changes={changes} />
        ))}
      </ul>
      {cards.length > shownCards && <p className="note">{`The first ${shownCards} of ${numberText(cards.length)}.`}</p>}
    </Panel>
  )
}

function Card({ card, changes }: { readonly card: ClusterCard; readonly changes: Changes }): ReactNode {
  const { name, version, address, createdAt, controllers } = card
  return (
    <li className="card">
      <h3>
        <bdi>{visibleText(name, 100)}</bdi>
        {version && <span className="quiet">{`Kubernetes ${visibleText(version, 40)}`}</span>}
      </h3>
      <dl className="controllers">
        {controllers.map((controller) => (
          <Controller key={controller.key} controller={controller} change={changes.get(controller.key)} />
        ))}
      </dl>
      <p className="quiet card-foot">
        {address && <span>{visibleText(address, 100)}</span>}
        {createdAt && <span>{`since ${dayText(createdAt)}`}</span>}
      </p>
    </li>
  )
}

interface ControllerProps {
  readonly controller: CardController
  readonly change: RecentChange<string> | undefined
}

function Controller({ controller, change }: ControllerProps): ReactNode {
  const { name, status, version, tone } = controller
  return (
    <div>
      <dt>{visibleText(name, 40)}</dt>
      <dd>
        <span className={`state tone-${tone}`}>{visibleText(status ?? 'not known', 40)}</span>
        {version && <span className="quiet">{visibleText(version, 40)}</span>}
        {change && (
          <span className="changed" key={change.atMs}>
            {`since ${timeText(change.atMs)}`}
          </span>
        )}
      </dd>
    </div>
  )
}
