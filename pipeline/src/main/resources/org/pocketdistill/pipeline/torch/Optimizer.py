# AdamW with decoupled weight decay (Loshchilov and Hutter, arXiv 1711.05101), as torch.optim.AdamW computes it.
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
