import { newIssuer } from '@heard/local/issuer';
import type { AccessRole, Principal } from '@heard/service/access';

const issuer = await newIssuer();

/** What makes a service take the tokens of this file. */
export const authEnvironment = issuer.environment;

/** The header of somebody with these roles, and perhaps a name. */
export async function bearer(roles: AccessRole[], personId = 'tester'): Promise<{ authorization: string }> {
  return { authorization: `Bearer ${await issuer.token({ personId, roles })}` };
}

/** Whoever may do everything that is not about being one particular person. */
export const everything: AccessRole[] = ['admin', 'system', 'supervisor', 'marketing', 'analyst'];

export const token = (
  principal: Partial<Principal> & Pick<Principal, 'roles'>,
  claims?: Parameters<typeof issuer.token>[1],
) => issuer.token(principal, claims);
