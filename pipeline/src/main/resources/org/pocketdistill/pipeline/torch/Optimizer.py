# AdamW with decoupled weight decay (Loshchilov and Hutter, arXiv 1711.05101), as torch.optim.AdamW computes it, and Muon.
class Optimizer(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool

  # L2 norm of all gradients together.
  def global_norm(self: __torch__.Optimizer, gradients: List[Tensor]) -> Tensor:
    return torch.linalg_vector_norm(torch.stack([torch.linalg_vector_norm(g) for g in gradients]))

  def zero(self: __torch__.Optimizer, gradients: List[Tensor]) -> Tensor:
    for i in range(torch.len(gradients)):
      _0 = torch.zero_(gradients[i])
    return torch.zeros([])

  # One step of every parameter, in place. settings (fp64 [7]): learning rate, beta1, beta2, eps, weight decay,
  # step t (from 1), factor that the gradients are multiplied by first (clipping).
  #   p <- p (1 - lr wd);  m <- b1 m + (1 - b1) g;  v <- b2 v + (1 - b2) g^2
  #   p <- p - lr / (1 - b1^t) m / (sqrt(v) / sqrt(1 - b2^t) + eps)
  def step(self: __torch__.Optimizer, parameters: List[Tensor], gradients: List[Tensor], m: List[Tensor], v: List[Tensor], settings: Tensor) -> Tensor:
    lr = float(settings[0])
    b1 = float(settings[1])
    b2 = float(settings[2])
    eps = float(settings[3])
    wd = float(settings[4])
    t = float(settings[5])
    factor = float(settings[6])
    size = lr / (1. - b1 ** t)
    correction = (1. - b2 ** t) ** 0.5
    for i in range(torch.len(parameters)):
      g = torch.mul_(gradients[i], factor)
      p = torch.mul_(parameters[i], 1. - lr * wd)
      m0 = torch.add_(torch.mul_(m[i], b1), g, alpha=1. - b1)
      v0 = torch.addcmul_(torch.mul_(v[i], b2), g, g, value=1. - b2)
      denominator = torch.add_(torch.div_(torch.sqrt(v0), correction), eps)
      _0 = torch.addcdiv_(p, m0, denominator, value=0. - size)
    return torch.zeros([])

  # One Muon step of matrices [R, C] of one shape, in place; formula in the class Muon. settings (fp64 [3]): learning
  # rate, weight decay, factor that the gradients are multiplied by first (clipping).
  def muon(self: __torch__.Optimizer, parameters: List[Tensor], gradients: List[Tensor], m: List[Tensor], settings: Tensor) -> Tensor:
    lr = float(settings[0])
    wd = float(settings[1])
    factor = float(settings[2])
    for i in range(torch.len(parameters)):
      g = torch.mul_(gradients[i], factor)
      _0 = torch.add_(torch.mul_(m[i], 0.95), g, alpha=0.05)
    u = torch.add(torch.mul(torch.stack(gradients), 0.05), torch.mul(torch.stack(m), 0.95))
    R = torch.size(u, 1)
    C = torch.size(u, 2)
    x = torch.div(u, torch.add(torch.sqrt(torch.sum(torch.mul(u, u), [1, 2], True)), 1e-07))
    if torch.gt(R, C):
      x0 = torch.transpose(x, 1, 2)
    else:
      x0 = x
    y = x0
    for k in range(5):
      a = torch.bmm(y, torch.transpose(y, 1, 2))
      b = torch.baddbmm(a, a, a, beta=-4.775, alpha=2.0315)
      y = torch.baddbmm(y, b, y, beta=3.4445)
    if torch.gt(R, C):
      z = torch.transpose(y, 1, 2)
      long = R
    else:
      z = y
      long = C
    size = lr * 0.2 * float(long) ** 0.5
    for j in range(torch.len(parameters)):
      _1 = torch.add_(torch.mul_(parameters[j], 1. - lr * wd), torch.select(z, 0, j), alpha=0. - size)
    return torch.zeros([])
