import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describeReact } from './react-claims.ts'

const root = join(import.meta.dirname, '../..')
const folder = 'test/react/react-18'

/** Its packages have a manifest of their own, since those of the project are React 19. */
const packagesOfReact18 = (): Record<string, string> => {
  const program = `import { installTools } from './scripts/tools.mjs'; installTools('${folder}')`
  execFileSync(process.execPath, ['--input-type=module', '-e', program], { cwd: root, stdio: 'inherit' })
  const place = (name: string): string => join(root, folder, 'node_modules', name)
  return { react: place('react'), 'react-dom': place('react-dom') }
}

describeReact('React 18', packagesOfReact18)
