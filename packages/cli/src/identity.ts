import { hasIssuer, openIssuer } from '@heard/local/issuer';
import type { AccessRole } from '@heard/service/access';

/** How a command says who it is: a token that was given to it, or one made with the key of the data folder. */
export interface Identity {
  data: string;
  token?: string;
}

export const tokenHelp = 'bearer token for services elsewhere; also HEARD_TOKEN (default: made with the key in --data)';

/** The header that goes with every request; none where there is neither a token nor a key, and the services will say so. */
export async function identify({ data, token }: Identity, roles: AccessRole[]): Promise<Record<string, string>> {
  const given = token ?? process.env.HEARD_TOKEN;
  if (given) return { authorization: `Bearer ${given}` };
  if (!hasIssuer(data)) return {};
  const issuer = await openIssuer(data);
  return { authorization: `Bearer ${await issuer.token({ personId: 'heard-cli', roles }, { hours: 1 })}` };
}
