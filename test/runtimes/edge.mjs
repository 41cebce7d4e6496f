// Runs the program in Vercel's edge runtime: `node edge.mjs <bundle that defines follow> <arguments of the program>`.
import { readFileSync } from 'node:fs'
import { EdgeVM } from '@edge-runtime/vm'

const [bundle, given] = process.argv.slice(2)
const vm = new EdgeVM()
vm.evaluate(readFileSync(bundle, 'utf8'))
console.log(JSON.stringify(await vm.evaluate(`program.follow(${given})`)))
