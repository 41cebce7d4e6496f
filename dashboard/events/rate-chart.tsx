import { type ReactNode, useEffect, useRef, useState } from 'react'
import uPlot from 'uplot'
import { countText, minuteText } from '../page/time-text.ts'
import { useMedia } from '../page/use-media.ts'
import { type MinuteCounts, minuteColumns } from './minute-counts.ts'

/** The height of the chart in pixels. */
const chartPixels = 80

/** How often the time goes on while no event comes, in milliseconds. */
const stepMs = 15_000

/** Events a minute over the last hour; those that are errors or worse in a colour of their own. */
export function RateChart({ minutes }: { readonly minutes: MinuteCounts }): ReactNode {
  const isDark = useMedia('(prefers-color-scheme: dark)')
  const nowMs = useNow()
  const columns = minuteColumns(minutes, nowMs)
  const [, all, problems] = columns
  const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0)
  const text = `${countText(sum(all), 'event')} in the last hour, ${countText(sum(problems), 'problem')}`
  return (
    <figure className="rate">
      <figcaption>
        Events a minute <span className="quiet">{text}</span>
      </figcaption>
      <div role="img" aria-label={`Events a minute: ${text}`}>
        <Chart key={isDark ? 'dark' : 'light'} columns={columns} />
      </div>
    </figure>
  )
}

/** The bars, in the colours that the page has when they appear. */
function Chart({ columns }: { readonly columns: uPlot.AlignedData }): ReactNode {
  const place = useRef<HTMLDivElement>(null)
  const chart = useRef<uPlot>(undefined)
  useEffect(() => {
    const element = place.current
    if (!element) return undefined
    const drawn = new uPlot(chartOptions(element), [[], [], []], element)
    chart.current = drawn
    const resized = new ResizeObserver(() => drawn.setSize({ width: element.clientWidth, height: chartPixels }))
    resized.observe(element)
    return () => {
      resized.disconnect()
      drawn.destroy()
    }
  }, [])
  useEffect(() => chart.current?.setData(columns))
  return <div ref={place} />
}

/** The present time, at intervals. */
function useNow(): number {
  const [nowMs, setNowMs] = useState(Date.now)
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), stepMs)
    return () => clearInterval(timer)
  }, [])
  return nowMs
}

function chartOptions(element: HTMLElement): uPlot.Options {
  const style = getComputedStyle(element)
  const colour = (name: string): string => style.getPropertyValue(name).trim()
  const bars = uPlot.paths.bars?.({ size: [0.75, 16] })
  const series = (label: string, fill: string): uPlot.Series => ({
    label,
    fill,
    stroke: fill,
    width: 0,
    points: { show: false },
    ...(bars && { paths: bars }),
  })
  const axis = { stroke: colour('--quiet'), font: '11px system-ui', ticks: { show: false } }
  return {
    width: element.clientWidth,
    height: chartPixels,
    legend: { show: false },
    cursor: { show: false },
    scales: {
      // Half a minute more on both sides: the bars are around the beginnings of the minutes.
      x: { range: (_, from, to) => [from - 30, to + 30] },
      y: { range: (_, __, most) => [0, Math.max(4, most ?? 0)] },
    },
    axes: [
      {
        ...axis,
        size: 24,
        space: 64,
        grid: { show: false },
        values: (_, seconds) => seconds.map((second) => minuteText(second * 1_000)),
      },
      {
        ...axis,
        size: 40,
        space: 16,
        grid: { stroke: colour('--line'), width: 1 },
        incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 5_000, 10_000],
      },
    ],
    series: [{}, series('events', colour('--accent')), series('problems', colour('--error'))],
  }
}
