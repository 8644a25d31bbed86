import { Unsupported } from '../peer-config.ts'

type Factories = Readonly<Record<string, (options?: unknown) => unknown>>

/** Imports a package that may not be installed, or have no native part here. Throws `Unsupported` then, naming `what` is missing. */
export async function loadOptional (name: string, what: string): Promise<Factories> {
  try {
    return await import(name) as Factories
  } catch (error) {
    throw new Unsupported(`${what}: ${name} does not load (${(error as Error).message})`, { cause: error })
  }
}
