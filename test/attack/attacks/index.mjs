// All attacks, in the order of the table.
import { bytes } from './bytes.mjs'
import { counts } from './counts.mjs'
import { files } from './files.mjs'
import { floods } from './floods.mjs'
import { hangs } from './hangs.mjs'
import { liars } from './lies.mjs'
import { leaks } from './secrets.mjs'
import { shapes } from './shapes.mjs'
import { storms } from './storms.mjs'

export const attacks = [...floods, ...counts, ...bytes, ...hangs, ...liars, ...leaks, ...shapes, ...files, ...storms]

const names = attacks.map(({ name }) => name)
const twice = names.find((name, at) => names.indexOf(name) !== at)
if (twice !== undefined) throw new Error(`two attacks are called ${twice}`)
